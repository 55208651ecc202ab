DROP TABLE fristad.case_verifications;
DROP TABLE fristad.counted_questions;
ALTER TABLE fristad.plans DROP COLUMN of_case;
ALTER TABLE fristad.tasks DROP COLUMN reason;
ALTER TABLE fristad.cases DROP COLUMN told_from;
