/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "keystore/scep-keystore-entry.h"

void scep_bus_csr_answer (ScepKeystoreEntry *entry, GVariant *options,
                          GDBusMethodInvocation *invocation);
