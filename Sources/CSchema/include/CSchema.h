#ifndef CSCHEMA_H
#define CSCHEMA_H

#include <stddef.h>

/// One numbered file of Schema/: its number, its name and its text, zero-terminated.
typedef struct {
    int version;
    const char *_Nonnull name;
    const char *_Nonnull sql;
} CSchemaMigration;

/// The migrations of Schema/sqlite, in ascending order; `count` receives how many there are.
const CSchemaMigration *_Nonnull cschema_sqlite_migrations(size_t *_Nonnull count);

/// The same of Schema/postgres.
const CSchemaMigration *_Nonnull cschema_postgres_migrations(size_t *_Nonnull count);

#endif
