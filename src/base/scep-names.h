/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Every name that another party sees: on the bus, in the file system, in the
 * keystore.
 */

#define SCEP_BUS_NAME "org.example.SCEPEnrollment"
#define SCEP_INTERFACE SCEP_BUS_NAME
#define SCEP_INTERFACE_MANAGER SCEP_BUS_NAME ".Manager"
#define SCEP_INTERFACE_KEYSTORE SCEP_BUS_NAME ".Keystore"
#define SCEP_ERROR_PREFIX SCEP_BUS_NAME ".Error."

#define SCEP_PATH "/org/example/SCEPEnrollment"
#define SCEP_PATH_PROFILES SCEP_PATH "/profiles"
#define SCEP_PATH_KEYSTORES SCEP_PATH "/keystores"

/* The profile that always exists, and the keystore its default target selects. */
#define SCEP_DEFAULT_ID "default"

/* Aliases of the default profile; a further profile adds "@<id>" to each. */
#define SCEP_ALIAS_CA_PREFIX "scep-cacerts_"
#define SCEP_ALIAS_REQUEST "sce-request-key-pair"
#define SCEP_ALIAS_ENROLLED "scep-enrolled-key-pair"
#define SCEP_ALIAS_PREVIOUS "scep-previous-key-pair"
