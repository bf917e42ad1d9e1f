// What net-snmp's own table helper can do: an AgentX subagent with a table like ccaTable, kept by tdata.
// packaging/bench compares callcenterd with it.
//
//   snmp-reference SOCKET ROWS
//
// The table is 1.3.6.1.4.1.8072.9999.9999.5061.1: a text as IMPLIED index, and six columns from 2 to 7.
#define _GNU_SOURCE

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

struct row {
    char name[16];
    struct counter64 offers, answers;
    u_long talk;
};

static volatile sig_atomic_t is_over;

static void stop(int number) {
    (void)number;
    is_over = 1;
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                  netsnmp_agent_request_info *info, netsnmp_request_info *requests) {
    (void)handler, (void)registration, (void)info;
    for (netsnmp_request_info *request = requests; request; request = request->next) {
        if (request->processed) continue;
        struct row *row = netsnmp_tdata_extract_entry(request);
        netsnmp_table_request_info *table = netsnmp_extract_table_info(request);
        if (row == NULL || table == NULL) continue;
        long yes = 1;
        netsnmp_variable_list *variable = request->requestvb;
        switch (table->colnum) {
        case 2: snmp_set_var_typed_value(variable, ASN_OCTET_STR, row->name, strlen(row->name)); break;
        case 3:
        case 4: snmp_set_var_typed_value(variable, ASN_INTEGER, &yes, sizeof yes); break;
        case 5: snmp_set_var_typed_value(variable, ASN_COUNTER64, &row->offers, sizeof row->offers); break;
        case 6: snmp_set_var_typed_value(variable, ASN_COUNTER64, &row->answers, sizeof row->answers); break;
        case 7: snmp_set_var_typed_value(variable, ASN_GAUGE, &row->talk, sizeof row->talk); break;
        }
    }
    return SNMP_ERR_NOERROR;
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: snmp-reference SOCKET ROWS\n");
        return 2;
    }
    signal(SIGTERM, stop);
    netsnmp_enable_subagent();
    snmp_enable_stderrlog();
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    setenv("MIBS", "", 1);
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, arguments[1]);
    init_agent("snmp-reference");

    netsnmp_tdata *table = netsnmp_tdata_create_table("reference", 0);
    for (int i = 1; i <= atoi(arguments[2]); i++) {
        struct row *row = calloc(1, sizeof *row);
        netsnmp_tdata_row *entry = netsnmp_tdata_create_row();
        if (row == NULL || entry == NULL) return 1;
        snprintf(row->name, sizeof row->name, "agent%05d", i);
        entry->data = row;
        netsnmp_tdata_row_add_index(entry, ASN_PRIV_IMPLIED_OCTET_STR, row->name, strlen(row->name));
        netsnmp_tdata_add_row(table, entry);
    }
    netsnmp_table_registration_info *columns = SNMP_MALLOC_TYPEDEF(netsnmp_table_registration_info);
    netsnmp_table_helper_add_indexes(columns, ASN_PRIV_IMPLIED_OCTET_STR, 0);
    columns->min_column = 2;
    columns->max_column = 7;
    const oid root[] = {1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 5061, 1};
    netsnmp_tdata_register(
        netsnmp_create_handler_registration("reference", handle, root, OID_LENGTH(root), HANDLER_CAN_RONLY), table,
        columns);
    init_snmp("snmp-reference");
    while (!is_over) agent_check_and_process(1);
    snmp_shutdown("snmp-reference");
    return 0;
}
