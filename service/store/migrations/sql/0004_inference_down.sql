DROP TABLE fristad.counted_questions;
ALTER TABLE fristad.tasks DROP COLUMN reason;
ALTER TABLE fristad.cases DROP COLUMN told_from;
