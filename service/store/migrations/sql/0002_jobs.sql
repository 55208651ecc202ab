-- Whoever may defer a job needs no right on the queue itself.
ALTER FUNCTION fristad.procrastinate_defer_jobs_v1(fristad.procrastinate_job_to_defer_v1[])
  SECURITY DEFINER SET search_path = fristad, pg_temp;
