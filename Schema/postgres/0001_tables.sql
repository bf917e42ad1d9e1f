-- The tables of a call centre: names and columns of the OpenSIPS call_center module, plus ours.
--
-- Tables that OpenSIPS made stay as they are; only cc_cdrs gets the columns it lacks, because without them a record could
-- not be told from its copy. The whole file is one transaction. ASCII only.

-- Flows (queues). Times are whole seconds; 0 is no limit, or never.
CREATE TABLE IF NOT EXISTS cc_flows (
    id                      SERIAL PRIMARY KEY,
    flowid                  VARCHAR(128) NOT NULL UNIQUE,
    priority                INTEGER NOT NULL DEFAULT 256,       -- a smaller number is more urgent
    skill                   VARCHAR(128) NOT NULL,              -- what an agent must have to serve this flow
    prependcid              VARCHAR(128) DEFAULT NULL,          -- put before the caller's name on the agent's display
    max_wrapup_time         INTEGER NOT NULL DEFAULT 0,
    dissuading_hangup       INTEGER NOT NULL DEFAULT 0,         -- 1: end the call after the message
    dissuading_onhold_th    INTEGER NOT NULL DEFAULT 0,
    dissuading_ewt_th       INTEGER NOT NULL DEFAULT 0,
    dissuading_qsize_th     INTEGER NOT NULL DEFAULT 0,         -- calls
    message_welcome         VARCHAR(255) DEFAULT NULL,          -- the messages are SIP URIs
    message_queue           VARCHAR(255) NOT NULL,
    message_dissuading      VARCHAR(255) DEFAULT NULL,
    message_flow_id         VARCHAR(255) DEFAULT NULL,
    max_wait                INTEGER DEFAULT NULL,               -- NULL: the global max_wait
    overflow_uri            VARCHAR(255) DEFAULT NULL,          -- a flow ID or a SIP URI
    on_no_agents            VARCHAR(16) NOT NULL DEFAULT 'keep', -- keep or overflow
    service_level_threshold INTEGER DEFAULT NULL                -- NULL: the global threshold
);

-- Agents. wrapup_time 0: the global one.
CREATE TABLE IF NOT EXISTS cc_agents (
    id                      SERIAL PRIMARY KEY,
    agentid                 VARCHAR(128) NOT NULL UNIQUE,
    location                VARCHAR(255) NOT NULL,              -- SIP URI
    logstate                INTEGER NOT NULL DEFAULT 0,         -- 1: logged in when first seen
    msrp_location           VARCHAR(255) DEFAULT NULL,
    msrp_max_sessions       INTEGER NOT NULL DEFAULT 4,
    skills                  TEXT NOT NULL DEFAULT '',           -- comma separated
    wrapup_end_time         INTEGER NOT NULL DEFAULT 0,
    wrapup_time             INTEGER NOT NULL DEFAULT 0
);

-- Call-detail records. Times are whole seconds, rounded down; received_timestamp is UTC.
CREATE TABLE IF NOT EXISTS cc_cdrs (
    id                      BIGSERIAL PRIMARY KEY,
    caller                  VARCHAR(64) NOT NULL,
    received_timestamp      TIMESTAMP NOT NULL,
    wait_time               INTEGER NOT NULL DEFAULT 0,
    pickup_time             INTEGER NOT NULL DEFAULT 0,
    talk_time               INTEGER NOT NULL DEFAULT 0,
    flow_id                 VARCHAR(128) NOT NULL,
    agent_id                VARCHAR(128) DEFAULT NULL,          -- NULL: no agent was concerned
    call_type               SMALLINT NOT NULL DEFAULT -1,       -- 0 answered, 1 unanswered, -1 error, -2 refused by an agent
    rejected                INTEGER NOT NULL DEFAULT 0,
    fstats                  INTEGER NOT NULL DEFAULT 0          -- bits: 1 inbound, 2 distributed, 4 answered, 8 abandoned
);

-- What older tables of the reference lack.
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS cid INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS media INTEGER NOT NULL DEFAULT 1;

-- Ours. The key is NULL in rows that others wrote.
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS call_uuid TEXT DEFAULT NULL;
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS offer_number INTEGER DEFAULT NULL;
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS wait_ms BIGINT DEFAULT NULL;
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS pickup_ms BIGINT DEFAULT NULL;
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS talk_ms BIGINT DEFAULT NULL;
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS caller_uri TEXT DEFAULT NULL;
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS called_uri TEXT DEFAULT NULL;
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS sip_status INTEGER DEFAULT NULL;
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS cause TEXT DEFAULT NULL;
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS ended_by TEXT DEFAULT NULL;
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS transferred_to TEXT DEFAULT NULL;
ALTER TABLE cc_cdrs ADD COLUMN IF NOT EXISTS call_ids TEXT DEFAULT NULL;
CREATE UNIQUE INDEX IF NOT EXISTS cc_cdrs_key ON cc_cdrs (call_uuid, offer_number);
