-- What inference control keeps: when a case may be told what became of it, why a coordinator has it, what was counted.

ALTER TABLE fristad.cases ADD COLUMN told_from TIMESTAMP WITH TIME ZONE;

ALTER TABLE fristad.tasks ADD COLUMN reason TEXT;

ALTER TABLE fristad.plans ADD COLUMN of_case UUID;
ALTER TABLE fristad.plans ADD CONSTRAINT fk_plans_of_case FOREIGN KEY(of_case) REFERENCES fristad.cases (id);
CREATE INDEX ix_plans_of_case ON fristad.plans (of_case, asked_at);

CREATE TABLE fristad.counted_questions (
  case_id UUID NOT NULL,
  assessment_version INTEGER NOT NULL,
  facts_no INTEGER NOT NULL,
  unit TEXT NOT NULL,
  counted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_counted_questions PRIMARY KEY (case_id, assessment_version, facts_no),
  CONSTRAINT fk_counted_questions_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE INDEX ix_counted_questions_unit_counted_at ON fristad.counted_questions (unit, counted_at);

-- A budget is only ever used up.
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.counted_questions
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.counted_questions ENABLE ALWAYS TRIGGER only_added_to;

CREATE TABLE fristad.case_verifications (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  assessment_version INTEGER NOT NULL,
  case_version INTEGER NOT NULL,
  how TEXT NOT NULL,
  vouching_unit TEXT NOT NULL,
  actor TEXT NOT NULL,
  verified_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_case_verifications PRIMARY KEY (id),
  CONSTRAINT fk_case_verifications_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id),
  CONSTRAINT ck_case_verifications_how CHECK (how IN ('second_organisation', 'own_source', 'in_person'))
);

CREATE INDEX ix_case_verifications_case_id ON fristad.case_verifications (case_id);

-- Who vouched for whom stays.
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.case_verifications
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.case_verifications ENABLE ALWAYS TRIGGER only_added_to;
