// Walks some columns of a table at once, by GETBULK, as a manager does that reads whole rows. net-snmp's own
// snmpbulkwalk takes one column at a time.
//
//   snmp-walk ADDRESS TABLE FIRST LAST REPETITIONS
//
// TABLE is the numeric OID of the table, FIRST and LAST are columns of its entry. Prints rows, seconds and rows a second.
#define _GNU_SOURCE

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#define MOST_COLUMNS 32

struct place {
    oid name[MAX_OID_LEN];
    size_t length;
};

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// "1.3.6" as an OID. Returns how many numbers it has, 0 if it is none.
static size_t parse(const char *text, oid *name) {
    size_t length = 0;
    char *end;
    do {
        if (length == MAX_OID_LEN) return 0;
        name[length++] = strtoul(text, &end, 10);
        if (end == text) return 0;
        text = end + 1;
    } while (*end == '.');
    return *end == 0 ? length : 0;
}

int main(int count, char **arguments) {
    struct place places[MOST_COLUMNS];
    oid table[MAX_OID_LEN];
    size_t length = count == 6 ? parse(arguments[2], table) : 0;
    if (length == 0 || length > MAX_OID_LEN - 2) {
        fprintf(stderr, "usage: snmp-walk ADDRESS TABLE FIRST LAST REPETITIONS\n");
        return 2;
    }
    int first = atoi(arguments[3]), columns = atoi(arguments[4]) - first + 1;
    if (columns < 1 || columns > MOST_COLUMNS) return 2;
    netsnmp_session settings;
    snmp_sess_init(&settings);
    settings.version = SNMP_VERSION_2c;
    settings.peername = arguments[1];
    settings.community = (u_char *)"public";
    settings.community_len = strlen("public");
    settings.timeout = 10000000;
    netsnmp_session *session = snmp_open(&settings);
    if (session == NULL) {
        snmp_sess_perror("snmp-walk", &settings);
        return 1;
    }
    for (int i = 0; i < columns; i++) {
        memcpy(places[i].name, table, length * sizeof(oid));
        places[i].name[length] = 1;
        places[i].name[length + 1] = (oid)(first + i);
        places[i].length = length + 2;
    }

    long rows = 0;
    int is_over = 0;
    double begun = now();
    while (!is_over) {
        netsnmp_pdu *request = snmp_pdu_create(SNMP_MSG_GETBULK), *response = NULL;
        request->non_repeaters = 0;
        request->max_repetitions = atoi(arguments[5]);
        for (int i = 0; i < columns; i++) snmp_add_null_var(request, places[i].name, places[i].length);
        if (snmp_synch_response(session, request, &response) != STAT_SUCCESS || response->errstat != 0) {
            fprintf(stderr, "snmp-walk: no answer after %ld rows\n", rows);
            return 1;
        }
        int column = 0;
        long before = rows;
        for (netsnmp_variable_list *v = response->variables; v; v = v->next_variable) {
            struct place *place = &places[column];
            // The walk is over when the first column is: when a name is not within table, entry and column any more.
            int is_within = v->type != SNMP_ENDOFMIBVIEW && v->name_length > length + 2 &&
                            snmp_oid_ncompare(v->name, v->name_length, place->name, place->length, length + 2) == 0;
            if (column == 0 && !is_within) is_over = 1;
            if (column == 0 && is_within) rows++;
            if (is_within) {
                memcpy(place->name, v->name, v->name_length * sizeof(oid));
                place->length = v->name_length;
            }
            column = (column + 1) % columns;
        }
        if (!is_over && rows == before) {
            fprintf(stderr, "snmp-walk: nothing in an answer\n");
            return 1;
        }
        snmp_free_pdu(response);
    }
    double seconds = now() - begun;
    snmp_close(session);
    printf("%ld %.3f %.0f\n", rows, seconds, (double)rows / seconds);
    return 0;
}
