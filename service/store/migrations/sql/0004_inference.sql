-- What inference control keeps: when a case may be told what became of it, why a coordinator has it, what was counted.

ALTER TABLE fristad.cases ADD COLUMN told_from TIMESTAMP WITH TIME ZONE;

ALTER TABLE fristad.tasks ADD COLUMN reason TEXT;

ALTER TABLE fristad.plans ADD COLUMN of_case UUID;
ALTER TABLE fristad.plans ADD CONSTRAINT fk_plans_of_case FOREIGN KEY(of_case) REFERENCES fristad.cases (id);
CREATE INDEX ix_plans_of_case ON fristad.plans (of_case, asked_at);

CREATE TABLE fristad.counted_questions (
  case_id UUID NOT NULL,
  assessment_version INTEGER NOT NULL,
  case_version INTEGER NOT NULL,
  unit TEXT NOT NULL,
  counted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_counted_questions PRIMARY KEY (case_id, assessment_version, case_version),
  CONSTRAINT fk_counted_questions_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE INDEX ix_counted_questions_unit_counted_at ON fristad.counted_questions (unit, counted_at);

-- A budget is only ever used up.
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.counted_questions
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.counted_questions ENABLE ALWAYS TRIGGER only_added_to;
