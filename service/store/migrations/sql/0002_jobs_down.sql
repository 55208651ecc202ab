-- The cascade reaches functions that answer with a row of these tables, and nothing of the register.
DROP TABLE fristad.procrastinate_events, fristad.procrastinate_periodic_defers, fristad.procrastinate_jobs,
  fristad.procrastinate_workers CASCADE;

DO $$
DECLARE
  function regprocedure;
BEGIN
  FOR function IN
    SELECT p.oid FROM pg_proc AS p
    WHERE p.pronamespace = 'fristad'::regnamespace AND starts_with(p.proname, 'procrastinate_')
  LOOP
    EXECUTE format('DROP FUNCTION %s', function);
  END LOOP;
END $$;

DROP TYPE fristad.procrastinate_job_to_defer_v1, fristad.procrastinate_job_status,
  fristad.procrastinate_job_event_type;
