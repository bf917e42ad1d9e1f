// The .sql files in Schema/ are the one truth; they become part of the program here, so that it runs from anywhere.
// A new migration is a file NNNN_what.sql there and an entry in each of the two lists here; files that were released never
// change.

#include "CSchema.h"

static const char tables_0001[] = {
#embed "../../Schema/sqlite/0001_tables.sql" suffix(, 0)
};

static const CSchemaMigration sqlite_migrations[] = {
    {1, "0001_tables.sql", tables_0001},
};

const CSchemaMigration *cschema_sqlite_migrations(size_t *count)
{
    *count = sizeof sqlite_migrations / sizeof sqlite_migrations[0];
    return sqlite_migrations;
}
