#ifndef CDEFAULTS_H
#define CDEFAULTS_H

/// packaging/callcenterd.yaml as it was when the program was built, zero-terminated.
const char *_Nonnull cdefaults_configuration(void);

#endif
