// The .sql files in Schema/ are the one truth; they become part of the program here, so that it runs from anywhere.
// A new migration is a file NNNN_what.sql for each kind of database and an entry in each of the lists here; files that were released never
// change.

#include "CSchema.h"

static const char sqlite_0001[] = {
#embed "../../Schema/sqlite/0001_tables.sql" suffix(, 0)
};

static const char sqlite_0002[] = {
#embed "../../Schema/sqlite/0002_agent_state.sql" suffix(, 0)
};

static const char sqlite_0003[] = {
#embed "../../Schema/sqlite/0003_calls.sql" suffix(, 0)
};

static const CSchemaMigration sqlite_migrations[] = {
    {1, "0001_tables.sql", sqlite_0001},
    {2, "0002_agent_state.sql", sqlite_0002},
    {3, "0003_calls.sql", sqlite_0003},
};

static const char postgres_0001[] = {
#embed "../../Schema/postgres/0001_tables.sql" suffix(, 0)
};

static const char postgres_0002[] = {
#embed "../../Schema/postgres/0002_agent_state.sql" suffix(, 0)
};

static const char postgres_0003[] = {
#embed "../../Schema/postgres/0003_calls.sql" suffix(, 0)
};

static const CSchemaMigration postgres_migrations[] = {
    {1, "0001_tables.sql", postgres_0001},
    {2, "0002_agent_state.sql", postgres_0002},
    {3, "0003_calls.sql", postgres_0003},
};

const CSchemaMigration *cschema_sqlite_migrations(size_t *count)
{
    *count = sizeof sqlite_migrations / sizeof sqlite_migrations[0];
    return sqlite_migrations;
}

const CSchemaMigration *cschema_postgres_migrations(size_t *count)
{
    *count = sizeof postgres_migrations / sizeof postgres_migrations[0];
    return postgres_migrations;
}
