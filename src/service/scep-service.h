/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Runs the service; its exit status. */
int scep_service_run (void);
