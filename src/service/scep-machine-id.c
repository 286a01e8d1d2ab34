/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/scep-machine-id.h"

#include <string.h>

#define ID_LENGTH 32

/* An image that was never started says "uninitialized", or nothing. */
static gboolean
is_id (const char *text)
{
  return strlen (text) == ID_LENGTH && strspn (text, "0123456789abcdef") == ID_LENGTH;
}

/**
 * scep_machine_id_find:
 * @path: see machine-id(5)
 *
 * Returns: (transfer full) (nullable): the machine id; %NULL where there is none
 */
char *
scep_machine_id_find (const char *path)
{
  g_autofree char *text = NULL;

  if (g_file_get_contents (path, &text, NULL, NULL) && is_id (g_strstrip (text)))
    return g_steal_pointer (&text);
  return NULL;
}

/**
 * scep_machine_id_read:
 * @path: see machine-id(5)
 *
 * Returns: (transfer full): what tells this machine from others: its machine
 *   id, and without one its host name
 */
char *
scep_machine_id_read (const char *path)
{
  char *id = scep_machine_id_find (path);

  return id != NULL ? id : g_strdup (g_get_host_name ());
}
