// The shipped configuration file says every key with its default; a test holds that against the program. It is part of the
// program so that what is in force can be shown with the defaults.

#include "CDefaults.h"

static const char shipped[] = {
#embed "../../packaging/callcenterd.yaml" suffix(, 0)
};

const char *cdefaults_configuration(void)
{
    return shipped;
}
