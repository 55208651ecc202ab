-- History is only ever added to, by anybody: not even the owner changes a row while these stand.
INSERT INTO fristad.register_state DEFAULT VALUES;

CREATE FUNCTION fristad.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'history is only ever added to' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.addresses
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.addresses ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.assessment_versions
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.assessment_versions ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.case_signatures
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.case_signatures ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.case_versions
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.case_versions ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.claims
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.claims ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.decisions
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.decisions ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.facility_versions
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.facility_versions ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.gate_versions
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.gate_versions ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.intel_confirmations
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.intel_confirmations ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.intel_versions
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.intel_versions ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.person_answers
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.person_answers ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.provider_versions
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.provider_versions ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.reveal_approvals
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.reveal_approvals ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.stay_events
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.stay_events ENABLE ALWAYS TRIGGER only_added_to;

CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON fristad.offers
  FOR EACH STATEMENT EXECUTE FUNCTION fristad.refuse_change();
ALTER TABLE fristad.offers ENABLE ALWAYS TRIGGER only_added_to;
