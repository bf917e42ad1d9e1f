// Strict C hides u_char and its like, which the headers of libnetsnmp use.
#define _GNU_SOURCE

#include "CNetSNMP.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_callbacks.h>

static struct cnetsnmp_callbacks callbacks;
static atomic_int wake_descriptor = -1;

static size_t to_oid(const uint32_t *name, size_t length, oid *to) {
    if (length > MAX_OID_LEN) length = MAX_OID_LEN;
    for (size_t i = 0; i < length; i++) to[i] = name[i];
    return length;
}

static u_char asn_type(enum cnetsnmp_type type) {
    switch (type) {
    case CNETSNMP_INTEGER: return ASN_INTEGER;
    case CNETSNMP_GAUGE32: return ASN_GAUGE;
    case CNETSNMP_COUNTER64: return ASN_COUNTER64;
    case CNETSNMP_TIMETICKS: return ASN_TIMETICKS;
    case CNETSNMP_OCTETS: return ASN_OCTET_STR;
    }
    return ASN_NULL;
}

// The value as libnetsnmp stores one of its type. Returns its size.
static size_t value_of(const struct cnetsnmp_instance *instance, struct counter64 *wide, long *narrow,
                       const void **value) {
    switch (instance->type) {
    case CNETSNMP_OCTETS:
        *value = instance->octets;
        return instance->octets_length;
    case CNETSNMP_COUNTER64:
        wide->high = instance->number >> 32;
        wide->low = instance->number & 0xFFFFFFFF;
        *value = wide;
        return sizeof *wide;
    case CNETSNMP_INTEGER:
        *narrow = (int32_t)instance->number;
        break;
    default:
        *narrow = (long)(uint32_t)instance->number;
    }
    *value = narrow;
    return sizeof *narrow;
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                  netsnmp_agent_request_info *info, netsnmp_request_info *requests) {
    (void)handler, (void)registration;
    if (info->mode != MODE_GET && info->mode != MODE_GETNEXT) return SNMP_ERR_GENERR;
    enum cnetsnmp_mode mode = info->mode == MODE_GET ? CNETSNMP_GET : CNETSNMP_GETNEXT;
    callbacks.begin(callbacks.context);
    for (netsnmp_request_info *request = requests; request; request = request->next) {
        if (request->processed) continue;
        netsnmp_variable_list *variable = request->requestvb;
        uint32_t name[MAX_OID_LEN];
        size_t length = variable->name_length < MAX_OID_LEN ? variable->name_length : MAX_OID_LEN;
        for (size_t i = 0; i < length; i++) name[i] = (uint32_t)variable->name[i];
        struct cnetsnmp_instance instance;
        switch (callbacks.find(callbacks.context, mode, name, length, request->inclusive, &instance)) {
        case CNETSNMP_FOUND: {
            struct counter64 wide;
            long narrow;
            const void *value;
            size_t size = value_of(&instance, &wide, &narrow, &value);
            if (mode == CNETSNMP_GETNEXT) {
                oid found[MAX_OID_LEN];
                size_t found_length = to_oid(instance.name, instance.name_length, found);
                snmp_set_var_objid(variable, found, found_length);
            }
            snmp_set_var_typed_value(variable, asn_type(instance.type), value, size);
            break;
        }
        case CNETSNMP_NO_SUCH_OBJECT:
            netsnmp_set_request_error(info, request, SNMP_NOSUCHOBJECT);
            break;
        case CNETSNMP_NO_SUCH_INSTANCE:
            netsnmp_set_request_error(info, request, SNMP_NOSUCHINSTANCE);
            break;
        case CNETSNMP_END:
            // A request that is left as it is goes on behind our subtree.
            break;
        }
    }
    return SNMP_ERR_NOERROR;
}

static int session_changed(int major, int minor, void *session, void *unused) {
    (void)major, (void)session, (void)unused;
    callbacks.session(callbacks.context, minor == SNMPD_CALLBACK_INDEX_START);
    return 0;
}

static int line_logged(int major, int minor, void *message, void *unused) {
    (void)major, (void)minor, (void)unused;
    const struct snmp_log_message *line = message;
    callbacks.log(callbacks.context, line->priority, line->msg);
    return 0;
}

static void ticked(unsigned alarm, void *unused) {
    (void)alarm, (void)unused;
    callbacks.tick(callbacks.context);
}

static void woken(int descriptor, void *unused) {
    (void)unused;
    uint64_t count;
    while (read(descriptor, &count, sizeof count) < 0 && errno == EINTR) {}
}

int cnetsnmp_start(const char *socket, int ping, const uint32_t *base, size_t length,
                   struct cnetsnmp_callbacks given) {
    callbacks = given;
    pthread_setname_np(pthread_self(), "snmp");
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (descriptor < 0) return -1;

    netsnmp_enable_subagent();
    // Nothing of libnetsnmp goes to standard error or to files; its lines come to us.
    snmp_disable_log();
    snmp_enable_calllog();
    snmp_register_callback(SNMP_CALLBACK_LIBRARY, SNMP_CALLBACK_LOGGING, line_logged, NULL);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_ALARM_DONT_USE_SIG, 1);
    setenv("MIBS", "", 1);
    setenv("MIBDIRS", "/dev/null", 1);
    netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, socket);
    if (init_agent("callcenterd") != 0) {
        close(descriptor);
        return -1;
    }
    // Only now: init_agent sets it to 15 seconds.
    netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL, ping);
    snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, session_changed, NULL);
    snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, session_changed, NULL);

    oid root[MAX_OID_LEN];
    size_t root_length = to_oid(base, length, root);
    netsnmp_handler_registration *registration =
        netsnmp_create_handler_registration("callcenterd", handle, root, root_length, HANDLER_CAN_RONLY);
    if (registration == NULL || netsnmp_register_handler(registration) != MIB_REGISTERED_OK ||
        register_readfd(descriptor, woken, NULL) != FD_REGISTERED_OK) {
        close(descriptor);
        return -1;
    }
    atomic_store(&wake_descriptor, descriptor);
    init_snmp("callcenterd");
    snmp_alarm_register(1, SA_REPEAT, ticked, NULL);
    return 0;
}

void cnetsnmp_step(void) { agent_check_and_process(1); }

void cnetsnmp_wake(void) {
    int descriptor = atomic_load(&wake_descriptor);
    uint64_t one = 1;
    if (descriptor >= 0 && write(descriptor, &one, sizeof one) < 0) {
        // The counter is full: it will wake up as it is.
    }
}

uint32_t cnetsnmp_uptime(void) { return (uint32_t)netsnmp_get_agent_uptime(); }

void cnetsnmp_notify(const uint32_t *identifier, size_t length, const struct cnetsnmp_instance *objects,
                     size_t count) {
    static const oid trap_oid[] = {1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0};
    oid name[MAX_OID_LEN];
    size_t name_length = to_oid(identifier, length, name);
    netsnmp_variable_list *variables = NULL;
    snmp_varlist_add_variable(&variables, trap_oid, OID_LENGTH(trap_oid), ASN_OBJECT_ID, name,
                              name_length * sizeof(oid));
    for (size_t i = 0; i < count; i++) {
        struct counter64 wide;
        long narrow;
        const void *value;
        size_t size = value_of(&objects[i], &wide, &narrow, &value);
        oid object[MAX_OID_LEN];
        size_t object_length = to_oid(objects[i].name, objects[i].name_length, object);
        snmp_varlist_add_variable(&variables, object, object_length, asn_type(objects[i].type), value, size);
    }
    send_v2trap(variables);
    snmp_free_varbind(variables);
}

void cnetsnmp_stop(void) { snmp_shutdown("callcenterd"); }
