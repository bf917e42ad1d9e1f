-- Who is logged in, so that it outlives the daemon; a table of ours.

CREATE TABLE IF NOT EXISTS cc_agent_state (
    agentid                 TEXT PRIMARY KEY NOT NULL,
    loggedin                INTEGER NOT NULL,
    logstate                INTEGER NOT NULL,       -- of his row when that was so; if it differs now, the row decides
    since                   INTEGER NOT NULL        -- milliseconds since 1970, UTC
);
