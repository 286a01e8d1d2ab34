/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-asn1-complete.h"

#include <string.h>

/* The parts of asn1_static_node's type: the format of what asn1Parser writes. */
#define KIND 0xffu
#define FLAG_OPTION (1u << 14)
#define FLAG_DEFAULT (1u << 15)
#define FLAG_DOWN (1u << 29)
#define FLAG_RIGHT (1u << 30)

/* No definition: the first row is the module's. */
#define NONE 0

/* Made by asn1Parser from scep.asn: each row is followed by its children, then by its brother. */
extern const asn1_static_node scep_asn1_tab[];

static gboolean is_complete (asn1_node node, const char *path, guint row);

static guint
get_kind (guint row)
{
  return scep_asn1_tab[row].type & KIND;
}

static guint
first_child (guint row)
{
  return (scep_asn1_tab[row].type & FLAG_DOWN) != 0 ? row + 1 : NONE;
}

static gboolean
has_brother (guint row)
{
  return (scep_asn1_tab[row].type & FLAG_RIGHT) != 0;
}

/* The row behind @row and all that belongs to it. */
static guint
skip (guint row)
{
  guint child = first_child (row);

  if (child == NONE)
    return row + 1;
  while (has_brother (child))
    child = skip (child);
  return skip (child);
}

static guint
next_brother (guint row)
{
  return has_brother (row) ? skip (row) : NONE;
}

/* Other children are the tag, the size and the default of their parent. */
static gboolean
is_field (guint row)
{
  guint kind = get_kind (row);

  return kind != ASN1_ETYPE_TAG && kind != ASN1_ETYPE_SIZE && kind != ASN1_ETYPE_DEFAULT;
}

static guint
find_type (const char *name)
{
  guint row = first_child (0);

  while (row != NONE && g_strcmp0 (scep_asn1_tab[row].name, name) != 0)
    row = next_brother (row);
  g_return_val_if_fail (row != NONE, NONE);
  return row;
}

static char *
join (const char *path, const char *name)
{
  return *path == '\0' ? g_strdup (name) : g_strconcat (path, ".", name, NULL);
}

static gboolean
field_is_complete (asn1_node node, const char *path, guint row)
{
  g_autofree char *field = join (path, scep_asn1_tab[row].name);

  if (asn1_find_node (node, field) == NULL)
    return (scep_asn1_tab[row].type & (FLAG_OPTION | FLAG_DEFAULT)) != 0;
  return is_complete (node, field, row);
}

static gboolean
has_fields (asn1_node node, const char *path, guint sequence)
{
  for (guint row = first_child (sequence); row != NONE; row = next_brother (row)) {
    if (is_field (row) && !field_is_complete (node, path, row))
      return FALSE;
  }
  return TRUE;
}

static gboolean
has_alternative (asn1_node node, const char *path, guint choice)
{
  for (guint row = first_child (choice); row != NONE; row = next_brother (row)) {
    g_autofree char *field = is_field (row) ? join (path, scep_asn1_tab[row].name) : NULL;

    if (field != NULL && asn1_find_node (node, field) != NULL)
      return is_complete (node, field, row);
  }
  return FALSE;
}

static gboolean
has_elements (asn1_node node, const char *path, guint list)
{
  guint element = NONE;
  guint64 least = 0;
  int count = 0;

  for (guint row = first_child (list); row != NONE; row = next_brother (row)) {
    if (get_kind (row) == ASN1_ETYPE_SIZE)
      least = g_ascii_strtoull (scep_asn1_tab[row].value, NULL, 10);
    else if (is_field (row))
      element = row;
  }
  if (asn1_number_of_elements (node, path, &count) != ASN1_SUCCESS || (guint64) count < least)
    return FALSE;
  /* Of what is kept as it is there may be thousands. */
  if (get_kind (element) == ASN1_ETYPE_ANY)
    return TRUE;
  for (int i = 1; i <= count; i++) {
    g_autofree char *number = g_strdup_printf ("?%d", i);
    g_autofree char *field = join (path, number);

    if (!is_complete (node, field, element))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_complete (asn1_node node, const char *path, guint row)
{
  switch (get_kind (row)) {
  case ASN1_ETYPE_IDENTIFIER:
    return is_complete (node, path, find_type (scep_asn1_tab[row].value));
  case ASN1_ETYPE_SEQUENCE:
    return has_fields (node, path, row);
  case ASN1_ETYPE_SEQUENCE_OF:
  case ASN1_ETYPE_SET_OF:
    return has_elements (node, path, row);
  case ASN1_ETYPE_CHOICE:
    return has_alternative (node, path, row);
  default:
    return TRUE;
  }
}

/**
 * scep_asn1_is_complete:
 * @node: decoded
 * @type: its type in scep.asn
 *
 * libtasn1 takes an empty element (30 00) for every SEQUENCE, whatever its
 * fields are, and does not look at the size of a SET OF.
 *
 * Returns: whether every field that is not optional is there, and as many
 *   elements as there have to be
 */
gboolean
scep_asn1_is_complete (asn1_node node, const char *type)
{
  return is_complete (node, "", find_type (type));
}
