-- The register's tables: what service.store.tables says, as it stood when this was released.

CREATE TABLE fristad.addresses (
  facility_id UUID NOT NULL,
  version INTEGER NOT NULL,
  written_by TEXT NOT NULL,
  written_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_addresses PRIMARY KEY (facility_id, version)
);

CREATE TABLE fristad.alarms (
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE,
  answered_by TEXT,
  CONSTRAINT pk_alarms PRIMARY KEY (id)
);

CREATE TABLE fristad.cases (
  id UUID NOT NULL,
  unit TEXT NOT NULL,
  organisation TEXT NOT NULL,
  municipality_unit TEXT NOT NULL,
  municipality_organisation TEXT NOT NULL,
  person_tag BYTEA NOT NULL,
  state TEXT NOT NULL,
  triage TEXT NOT NULL,
  received_at TIMESTAMP WITH TIME ZONE NOT NULL,
  attempt_no SMALLINT NOT NULL,
  previous_case_id UUID,
  is_emergency BOOLEAN DEFAULT false NOT NULL,
  claimed_by TEXT,
  claimed_at TIMESTAMP WITH TIME ZONE,
  state_since TIMESTAMP WITH TIME ZONE NOT NULL,
  end_reason TEXT,
  offer_ref UUID,
  CONSTRAINT pk_cases PRIMARY KEY (id),
  CONSTRAINT ck_cases_state CHECK (state IN ('opened', 'signed', 'in_progress', 'answer_needed', 'decision_needed', 'decided', 'arrived', 'completed', 'interrupted', 'closed')),
  CONSTRAINT ck_cases_triage CHECK (triage IN ('red', 'orange', 'green')),
  CONSTRAINT fk_cases_previous_case_id FOREIGN KEY(previous_case_id) REFERENCES fristad.cases (id)
);

CREATE UNIQUE INDEX one_open_case_per_person ON fristad.cases (person_tag) WHERE state NOT IN ('opened', 'completed', 'interrupted', 'closed');

CREATE TABLE fristad.facility_versions (
  facility_id UUID NOT NULL,
  version INTEGER NOT NULL,
  written_by TEXT NOT NULL,
  written_at TIMESTAMP WITH TIME ZONE NOT NULL,
  effective_on DATE NOT NULL,
  withdrawn BOOLEAN DEFAULT false NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_facility_versions PRIMARY KEY (facility_id, version)
);

CREATE TABLE fristad.idempotency (
  actor TEXT NOT NULL,
  key_hash BYTEA NOT NULL,
  request_hash BYTEA NOT NULL,
  status SMALLINT NOT NULL,
  process TEXT NOT NULL,
  sealed BYTEA,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_idempotency PRIMARY KEY (actor, key_hash)
);

CREATE INDEX ix_idempotency_at ON fristad.idempotency (at);

CREATE TABLE fristad.intel_confirmations (
  record_id UUID NOT NULL,
  version INTEGER NOT NULL,
  actor TEXT NOT NULL,
  unit TEXT NOT NULL,
  role TEXT NOT NULL,
  confirmed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_intel_confirmations PRIMARY KEY (record_id, version, actor)
);

CREATE TABLE fristad.intel_versions (
  record_id UUID NOT NULL,
  version INTEGER NOT NULL,
  kind TEXT NOT NULL,
  written_by TEXT NOT NULL,
  unit TEXT NOT NULL,
  written_at TIMESTAMP WITH TIME ZONE NOT NULL,
  withdrawn BOOLEAN DEFAULT false NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_intel_versions PRIMARY KEY (record_id, version),
  CONSTRAINT ck_intel_versions_kind CHECK (kind IN ('network', 'relation', 'person_conflict', 'exposure'))
);

CREATE TABLE fristad.plans (
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  finished_at TIMESTAMP WITH TIME ZONE,
  revision BIGINT,
  sealed BYTEA,
  CONSTRAINT pk_plans PRIMARY KEY (id),
  CONSTRAINT ck_plans_kind CHECK (kind IN ('week', 'repair', 'options')),
  CONSTRAINT ck_plans_state CHECK (state IN ('working', 'proposed', 'no_plan', 'out_of_time', 'failed'))
);

CREATE TABLE fristad.provider_versions (
  provider_id UUID NOT NULL,
  version INTEGER NOT NULL,
  written_by TEXT NOT NULL,
  written_at TIMESTAMP WITH TIME ZONE NOT NULL,
  effective_on DATE NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_provider_versions PRIMARY KEY (provider_id, version)
);

CREATE TABLE fristad.register_state (
  one BOOLEAN DEFAULT true NOT NULL,
  revision BIGINT DEFAULT 0 NOT NULL,
  judged_revision BIGINT DEFAULT 0 NOT NULL,
  judged_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_register_state PRIMARY KEY (one),
  CONSTRAINT ck_register_state_one_row CHECK (one)
);

CREATE TABLE fristad.assessment_versions (
  case_id UUID NOT NULL,
  version INTEGER NOT NULL,
  signed_by TEXT NOT NULL,
  unit TEXT NOT NULL,
  valid_from DATE NOT NULL,
  valid_until DATE NOT NULL,
  withdrawn BOOLEAN NOT NULL,
  corrects TEXT,
  written_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_assessment_versions PRIMARY KEY (case_id, version),
  CONSTRAINT fk_assessment_versions_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE TABLE fristad.assignments (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  unit TEXT NOT NULL,
  kind TEXT NOT NULL,
  from_at TIMESTAMP WITH TIME ZONE NOT NULL,
  until_at TIMESTAMP WITH TIME ZONE,
  given_by TEXT NOT NULL,
  CONSTRAINT pk_assignments PRIMARY KEY (id),
  CONSTRAINT ck_assignments_kind CHECK (kind IN ('first', 'substitute', 'hand_over')),
  CONSTRAINT fk_assignments_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE INDEX ix_assignments_actor ON fristad.assignments (actor);

CREATE INDEX ix_assignments_case_id ON fristad.assignments (case_id);

CREATE TABLE fristad.case_duties (
  case_id UUID NOT NULL,
  actor TEXT NOT NULL,
  duty TEXT NOT NULL,
  since TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_case_duties PRIMARY KEY (case_id, actor),
  CONSTRAINT ck_case_duties_duty CHECK (duty IN ('assessor', 'requester', 'decider', 'approver', 'coordinator', 'receiver')),
  CONSTRAINT fk_case_duties_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE TABLE fristad.case_signatures (
  case_id UUID NOT NULL,
  organisation TEXT NOT NULL,
  signed_by TEXT NOT NULL,
  signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_case_signatures PRIMARY KEY (case_id, organisation),
  CONSTRAINT fk_case_signatures_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE TABLE fristad.case_versions (
  case_id UUID NOT NULL,
  version INTEGER NOT NULL,
  written_by TEXT NOT NULL,
  written_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_case_versions PRIMARY KEY (case_id, version),
  CONSTRAINT fk_case_versions_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE TABLE fristad.claims (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  actor TEXT NOT NULL,
  claimed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_claims PRIMARY KEY (id),
  CONSTRAINT fk_claims_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE INDEX ix_claims_actor_claimed_at ON fristad.claims (actor, claimed_at);

CREATE TABLE fristad.decisions (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  kind TEXT NOT NULL,
  outcome TEXT NOT NULL,
  reason_code TEXT,
  decided_by TEXT NOT NULL,
  decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
  stay_ref UUID,
  CONSTRAINT pk_decisions PRIMARY KEY (id),
  CONSTRAINT ck_decisions_kind CHECK (kind IN ('measure', 'placement')),
  CONSTRAINT ck_decisions_outcome CHECK (outcome IN ('yes', 'no', 'disagreement')),
  CONSTRAINT fk_decisions_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE INDEX ix_decisions_case_id ON fristad.decisions (case_id);

CREATE TABLE fristad.destination_duties (
  case_id UUID NOT NULL,
  actor TEXT NOT NULL,
  since TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_destination_duties PRIMARY KEY (case_id, actor),
  CONSTRAINT fk_destination_duties_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE TABLE fristad.emergencies (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE,
  facts_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  review_due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  reviewed_at TIMESTAMP WITH TIME ZONE,
  reviewed_by TEXT,
  state TEXT NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_emergencies PRIMARY KEY (id),
  CONSTRAINT ck_emergencies_state CHECK (state IN ('working', 'answered', 'held', 'refused', 'reviewed')),
  CONSTRAINT fk_emergencies_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE TABLE fristad.gate_versions (
  case_id UUID NOT NULL,
  version INTEGER NOT NULL,
  written_by TEXT NOT NULL,
  written_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_gate_versions PRIMARY KEY (case_id, version),
  CONSTRAINT fk_gate_versions_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE TABLE fristad.hold_orders (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  finished_at TIMESTAMP WITH TIME ZONE,
  stay_ref UUID,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_hold_orders PRIMARY KEY (id),
  CONSTRAINT ck_hold_orders_kind CHECK (kind IN ('manual', 'emergency', 'repair')),
  CONSTRAINT ck_hold_orders_state CHECK (state IN ('working', 'held', 'refused')),
  CONSTRAINT fk_hold_orders_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE TABLE fristad.offers (
  stay_ref UUID NOT NULL,
  case_id UUID NOT NULL,
  offered_at TIMESTAMP WITH TIME ZONE NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_offers PRIMARY KEY (stay_ref),
  CONSTRAINT fk_offers_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE INDEX ix_offers_case_id ON fristad.offers (case_id);

CREATE TABLE fristad.person_answers (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  outcome TEXT NOT NULL,
  reason_code TEXT,
  recorded_by TEXT NOT NULL,
  recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
  stay_ref UUID NOT NULL,
  CONSTRAINT pk_person_answers PRIMARY KEY (id),
  CONSTRAINT ck_person_answers_outcome CHECK (outcome IN ('yes', 'no')),
  CONSTRAINT fk_person_answers_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE TABLE fristad.queries (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  assessment_version INTEGER NOT NULL,
  asked_by TEXT NOT NULL,
  unit TEXT NOT NULL,
  asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
  release_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  state TEXT NOT NULL,
  sealed BYTEA,
  CONSTRAINT pk_queries PRIMARY KEY (id),
  CONSTRAINT ck_queries_state CHECK (state IN ('working', 'stored', 'expired')),
  CONSTRAINT uq_queries_case_id_assessment_version UNIQUE (case_id, assessment_version),
  CONSTRAINT fk_queries_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE INDEX ix_queries_unit_asked_at ON fristad.queries (unit, asked_at);

CREATE TABLE fristad.reveal_requests (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  stay_ref UUID NOT NULL,
  purpose TEXT NOT NULL,
  receiver TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  unit TEXT NOT NULL,
  decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
  requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
  state TEXT NOT NULL,
  CONSTRAINT pk_reveal_requests PRIMARY KEY (id),
  CONSTRAINT ck_reveal_requests_purpose CHECK (purpose IN ('transport', 'follow_up', 'provider_packet', 'emergency')),
  CONSTRAINT ck_reveal_requests_state CHECK (state IN ('asked', 'approved', 'issued', 'used', 'refused', 'expired')),
  CONSTRAINT fk_reveal_requests_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE TABLE fristad.standing_access (
  id UUID NOT NULL,
  case_id UUID NOT NULL,
  actor TEXT NOT NULL,
  given_by TEXT NOT NULL,
  from_at TIMESTAMP WITH TIME ZONE NOT NULL,
  until_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_standing_access PRIMARY KEY (id),
  CONSTRAINT fk_standing_access_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE TABLE fristad.tasks (
  id UUID NOT NULL,
  kind TEXT NOT NULL,
  for_role TEXT NOT NULL,
  for_unit TEXT,
  case_id UUID,
  stay_ref UUID,
  about_ref UUID,
  due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  done_at TIMESTAMP WITH TIME ZONE,
  done_by TEXT,
  outcome TEXT,
  CONSTRAINT pk_tasks PRIMARY KEY (id),
  CONSTRAINT fk_tasks_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id)
);

CREATE INDEX ix_tasks_case_id ON fristad.tasks (case_id);

CREATE INDEX ix_tasks_open ON fristad.tasks (for_role, due_at) WHERE done_at IS NULL;

CREATE TABLE fristad.reveal_approvals (
  request_id UUID NOT NULL,
  actor TEXT NOT NULL,
  organisation TEXT NOT NULL,
  outcome TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_reveal_approvals PRIMARY KEY (request_id, actor),
  CONSTRAINT uq_reveal_approvals_request_id_organisation UNIQUE (request_id, organisation),
  CONSTRAINT ck_reveal_approvals_outcome CHECK (outcome IN ('approved', 'refused')),
  CONSTRAINT fk_reveal_approvals_request_id FOREIGN KEY(request_id) REFERENCES fristad.reveal_requests (id)
);

CREATE TABLE fristad.reveal_tokens (
  request_id UUID NOT NULL,
  token_hash BYTEA NOT NULL,
  receiver TEXT NOT NULL,
  issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  failed_uses INTEGER DEFAULT 0 NOT NULL,
  CONSTRAINT pk_reveal_tokens PRIMARY KEY (request_id),
  CONSTRAINT fk_reveal_tokens_request_id FOREIGN KEY(request_id) REFERENCES fristad.reveal_requests (id),
  CONSTRAINT uq_reveal_tokens_token_hash UNIQUE (token_hash)
);

CREATE TABLE fristad.slots (
  id UUID NOT NULL,
  query_id UUID NOT NULL,
  position SMALLINT NOT NULL,
  preference SMALLINT,
  preferred_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_slots PRIMARY KEY (id),
  CONSTRAINT uq_slots_query_id_position UNIQUE (query_id, position),
  CONSTRAINT fk_slots_query_id FOREIGN KEY(query_id) REFERENCES fristad.queries (id)
);

CREATE TABLE fristad.stays (
  id UUID NOT NULL,
  case_id UUID,
  query_id UUID,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  sealed BYTEA NOT NULL,
  offer UUID,
  held_until TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  state_since TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_stays PRIMARY KEY (id),
  CONSTRAINT ck_stays_kind CHECK (kind IN ('slot', 'manual', 'emergency', 'repair', 'first_load', 'residence')),
  CONSTRAINT ck_stays_state CHECK (state IN ('held', 'confirmed', 'checked', 'accepted', 'decided', 'placed', 'ended', 'departed', 'released')),
  CONSTRAINT fk_stays_case_id FOREIGN KEY(case_id) REFERENCES fristad.cases (id),
  CONSTRAINT fk_stays_query_id FOREIGN KEY(query_id) REFERENCES fristad.queries (id)
);

CREATE INDEX ix_stays_case_id ON fristad.stays (case_id);

CREATE INDEX ix_stays_state ON fristad.stays (state);

CREATE TABLE fristad.bed_nights (
  stay_id UUID NOT NULL,
  nights INT8RANGE NOT NULL,
  CONSTRAINT bed_night_held_once EXCLUDE USING gist (nights WITH &&),
  CONSTRAINT fk_bed_nights_stay_id FOREIGN KEY(stay_id) REFERENCES fristad.stays (id)
);

CREATE INDEX ix_bed_nights_stay_id ON fristad.bed_nights (stay_id);

CREATE TABLE fristad.slot_backing (
  slot_id UUID NOT NULL,
  sealed BYTEA NOT NULL,
  CONSTRAINT pk_slot_backing PRIMARY KEY (slot_id),
  CONSTRAINT fk_slot_backing_slot_id FOREIGN KEY(slot_id) REFERENCES fristad.slots (id)
);

CREATE TABLE fristad.stay_events (
  seq BIGSERIAL NOT NULL,
  stay_id UUID NOT NULL,
  event TEXT NOT NULL,
  code TEXT,
  actor TEXT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_stay_events PRIMARY KEY (seq),
  CONSTRAINT fk_stay_events_stay_id FOREIGN KEY(stay_id) REFERENCES fristad.stays (id)
);

CREATE INDEX ix_stay_events_stay_id ON fristad.stay_events (stay_id);

CREATE TABLE fristad.stay_persons (
  stay_id UUID NOT NULL,
  person_tag BYTEA NOT NULL,
  CONSTRAINT pk_stay_persons PRIMARY KEY (stay_id, person_tag),
  CONSTRAINT fk_stay_persons_stay_id FOREIGN KEY(stay_id) REFERENCES fristad.stays (id)
);

CREATE INDEX ix_stay_persons_person_tag ON fristad.stay_persons (person_tag);
