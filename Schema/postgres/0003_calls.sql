-- Calls that are alive, for a process on another machine that takes them over (`instance` in the configuration file).
--
-- The columns of OpenSIPS tell people what goes on; what a call is gone on with is in `kept`. Rows that others wrote have no
-- instance and stay as they are. ASCII only.

CREATE TABLE IF NOT EXISTS cc_calls (
    id                      BIGSERIAL PRIMARY KEY,
    state                   INTEGER NOT NULL,       -- 1 welcome, 2 and 3 dissuading, 4 queued, 6 toagent, 7 at a target outside
    ig_cback                INTEGER NOT NULL,       -- 0
    no_rej                  INTEGER NOT NULL,       -- agents who have refused
    setup_time              INTEGER NOT NULL,       -- 0
    eta                     INTEGER NOT NULL,       -- 0
    last_start              INTEGER NOT NULL,       -- seconds since 1970: when the talk began
    recv_time               INTEGER NOT NULL,       -- seconds since 1970: when the call came
    caller_dn               VARCHAR(128) NOT NULL,
    caller_un               VARCHAR(128) NOT NULL,
    b2buaid                 VARCHAR(128) NOT NULL UNIQUE,   -- the UUID that the call got first
    flow                    VARCHAR(128) NOT NULL,
    agent                   VARCHAR(128) NOT NULL   -- '' for none
);
ALTER TABLE cc_calls ADD COLUMN IF NOT EXISTS script_param VARCHAR(128) NOT NULL DEFAULT '';
ALTER TABLE cc_calls ADD COLUMN IF NOT EXISTS media INTEGER NOT NULL DEFAULT 1;
ALTER TABLE cc_calls ADD COLUMN IF NOT EXISTS cid INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cc_calls ADD COLUMN IF NOT EXISTS instance TEXT DEFAULT NULL;
ALTER TABLE cc_calls ADD COLUMN IF NOT EXISTS run TEXT DEFAULT NULL;       -- of the process that wrote the row
ALTER TABLE cc_calls ADD COLUMN IF NOT EXISTS kept TEXT DEFAULT NULL;      -- base64
CREATE INDEX IF NOT EXISTS cc_calls_instance ON cc_calls (instance, run);

-- Whose journal has what is newest of an instance, and when it was last alive.
CREATE TABLE IF NOT EXISTS cc_instances (
    instance                VARCHAR(128) PRIMARY KEY,
    journal                 TEXT NOT NULL,          -- the name of a state directory
    run                     TEXT NOT NULL,          -- of the process; only that one writes rows of the instance
    alive                   BIGINT NOT NULL         -- milliseconds since 1970, UTC
);

-- When an agent became free, and when his wrap-up ends: milliseconds since 1970, UTC. A row that was made for that alone says
-- that he is logged in as his own row has it.
ALTER TABLE cc_agent_state ADD COLUMN IF NOT EXISTS free_since BIGINT DEFAULT NULL;
ALTER TABLE cc_agent_state ADD COLUMN IF NOT EXISTS wrapup_ends BIGINT DEFAULT NULL;
