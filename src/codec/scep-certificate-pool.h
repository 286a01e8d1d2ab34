/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "codec/scep-certificate.h"

/* The certificates that are in use, for scep_certificate_new (). Any thread may ask. */

ScepCertificate *scep_certificate_pool_lookup (GBytes *der);
void scep_certificate_pool_add (ScepCertificate *certificate);
void scep_certificate_pool_forget (GBytes *der);
guint scep_certificate_pool_get_size (void);
