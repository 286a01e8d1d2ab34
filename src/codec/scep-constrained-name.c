/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "codec/scep-constrained-name.h"

#include "codec/scep-asn1.h"
#include "codec/scep-cms.h"
#include "codec/scep-der-string.h"
#include "codec/scep-name.h"

#include <gio/gio.h>
#include <string.h>

#define OID_UPN "1.3.6.1.4.1.311.20.2.3"

#define IPV4_LENGTH 4
#define IPV6_LENGTH 16

static char *
read_ia5 (GBytes *content)
{
  gsize length;
  const char *text = g_bytes_get_data (content, &length);

  return scep_text_is_ia5 (text, length) ? g_strndup (text, length) : NULL;
}

/* Host names with and without the dot of the root are the same. */
static char *
normalize_host (const char *host)
{
  char *lower = g_ascii_strdown (host, -1);
  gsize length = strlen (lower);

  if (length > 1 && lower[length - 1] == '.')
    lower[length - 1] = '\0';
  return lower;
}

static char *
read_host (GBytes *content)
{
  g_autofree char *text = read_ia5 (content);

  return text != NULL ? normalize_host (text) : NULL;
}

/* The case of what stands before the sign counts (section 7.5), that of the host does not. */
static char *
normalize_email (const char *text)
{
  const char *at = strrchr (text, '@');
  g_autofree char *host = normalize_host (at != NULL ? at + 1 : text);
  g_autofree char *user = at != NULL ? g_strndup (text, (gsize) (at + 1 - text)) : g_strdup ("");

  return g_strconcat (user, host, NULL);
}

/* Of a URI only the host is compared, and it must have a name (section 4.2.1.10). */
static char *
read_uri_host (GBytes *content)
{
  g_autofree char *text = read_ia5 (content);
  g_autofree char *host = NULL;

  if (text == NULL || !g_uri_split (text, G_URI_FLAGS_PARSE_RELAXED, NULL, NULL, &host, NULL, NULL,
                                    NULL, NULL, NULL))
    return NULL;
  if (host == NULL || *host == '\0' || g_hostname_is_ip_address (host))
    return NULL;
  return normalize_host (host);
}

static char *
read_uri_base (GBytes *content)
{
  g_autofree char *text = read_host (content);

  return text != NULL && strpbrk (text, ":/@") == NULL ? g_steal_pointer (&text) : NULL;
}

static char *
read_email (GBytes *content, gboolean is_base)
{
  g_autofree char *text = read_ia5 (content);

  if (text == NULL || (!is_base && strchr (text, '@') == NULL))
    return NULL;
  return normalize_email (text);
}

/* An address, or as a base that and its mask. */
static GBytes *
read_ip (GBytes *content, gboolean is_base)
{
  gsize length = g_bytes_get_size (content);
  gsize n_parts = is_base ? 2 : 1;

  if (length != n_parts * IPV4_LENGTH && length != n_parts * IPV6_LENGTH)
    return NULL;
  return g_bytes_ref (content);
}

static void
read_other_name (ScepConstrainedName *self, GBytes *content, gboolean is_base)
{
  g_autoptr (GBytes) der = scep_der_wrap (SCEP_TAG_SEQUENCE, content);
  g_autoptr (ScepAsn1) other = scep_asn1_decode ("OtherName", der, NULL);
  g_autoptr (GBytes) value = other != NULL ? scep_asn1_get (other, "value") : NULL;
  g_autofree char *text = value != NULL ? scep_der_string_to_utf8 (value) : NULL;

  if (other != NULL)
    self->type_id = scep_asn1_get_oid (other, "type-id");
  if (text == NULL || g_strcmp0 (self->type_id, OID_UPN) != 0)
    return;
  if (is_base || strchr (text, '@') != NULL)
    self->text = g_utf8_casefold (text, -1);
}

/**
 * scep_constrained_name_new:
 * @general_name: one alternative, with its tag
 * @is_base: whether it is the base of a subtree
 *
 * Returns: (transfer full) (nullable): in the form in which it is compared, or
 *   %NULL where it is no element
 */
ScepConstrainedName *
scep_constrained_name_new (GBytes *general_name, gboolean is_base)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (general_name, &length);
  g_autoptr (GBytes) content = length > 0 ? scep_cms_get_primitive (general_name, data[0]) : NULL;
  ScepConstrainedName *self;

  if (content == NULL)
    return NULL;
  self = g_new0 (ScepConstrainedName, 1);
  self->tag = data[0];
  if (self->tag == SCEP_GENERAL_NAME_DNS)
    self->text = read_host (content);
  else if (self->tag == SCEP_GENERAL_NAME_EMAIL)
    self->text = read_email (content, is_base);
  else if (self->tag == SCEP_GENERAL_NAME_URI)
    self->text = is_base ? read_uri_base (content) : read_uri_host (content);
  else if (self->tag == SCEP_GENERAL_NAME_DIRECTORY)
    self->text = scep_name_canonicalize (content);
  else if (self->tag == SCEP_GENERAL_NAME_IP)
    self->octets = read_ip (content, is_base);
  else if (self->tag == SCEP_GENERAL_NAME_OTHER)
    read_other_name (self, content, is_base);
  return self;
}

/**
 * scep_constrained_name_new_directory:
 * @name: a Name
 *
 * Returns: (transfer full): the same as a GeneralName
 */
ScepConstrainedName *
scep_constrained_name_new_directory (GBytes *name)
{
  ScepConstrainedName *self = g_new0 (ScepConstrainedName, 1);

  self->tag = SCEP_GENERAL_NAME_DIRECTORY;
  self->text = scep_name_canonicalize (name);
  return self;
}

/**
 * scep_constrained_name_new_email:
 * @text: what an attribute emailAddress holds
 *
 * Returns: (transfer full): the same as a GeneralName
 */
ScepConstrainedName *
scep_constrained_name_new_email (const char *text)
{
  ScepConstrainedName *self = g_new0 (ScepConstrainedName, 1);

  self->tag = SCEP_GENERAL_NAME_EMAIL;
  if (scep_text_is_ia5 (text, strlen (text)) && strchr (text, '@') != NULL)
    self->text = normalize_email (text);
  return self;
}

/* Labels of what host names have, two at least: what else a CN may be, this is not. */
static gboolean
looks_like_host (const char *text)
{
  g_auto (GStrv) labels = g_strsplit (text, ".", -1);

  for (guint i = 0; labels[i] != NULL; i++) {
    gsize length = strlen (labels[i]);

    if (length == 0 || labels[i][0] == '-' || labels[i][length - 1] == '-')
      return FALSE;
    for (gsize j = 0; j < length; j++) {
      if (!g_ascii_isalnum (labels[i][j]) && labels[i][j] != '-' && labels[i][j] != '_')
        return FALSE;
    }
  }
  return strchr (text, '.') != NULL;
}

/**
 * scep_constrained_name_new_host:
 * @text: what an attribute commonName holds
 *
 * Returns: (transfer full) (nullable): the same as a GeneralName, or %NULL where it does
 *   not look like a host name
 */
ScepConstrainedName *
scep_constrained_name_new_host (const char *text)
{
  ScepConstrainedName *self;

  if (!looks_like_host (text))
    return NULL;
  self = g_new0 (ScepConstrainedName, 1);
  self->tag = SCEP_GENERAL_NAME_DNS;
  self->text = normalize_host (text);
  return self;
}

/**
 * scep_constrained_name_free:
 * @name: (transfer full) (nullable):
 */
void
scep_constrained_name_free (ScepConstrainedName *name)
{
  if (name == NULL)
    return;
  g_clear_pointer (&name->type_id, g_free);
  g_clear_pointer (&name->text, g_free);
  g_clear_pointer (&name->octets, g_bytes_unref);
  g_free (name);
}

/**
 * scep_constrained_name_is_comparable:
 *
 * Returns: whether it can be compared: it is of a form that this service knows,
 *   and what it must be
 */
gboolean
scep_constrained_name_is_comparable (const ScepConstrainedName *name)
{
  return name->text != NULL || name->octets != NULL;
}

/**
 * scep_constrained_name_is_of_form:
 *
 * Returns: whether @base says something about names such as @name
 */
gboolean
scep_constrained_name_is_of_form (const ScepConstrainedName *name, const ScepConstrainedName *base)
{
  return name->tag == base->tag && g_strcmp0 (name->type_id, base->type_id) == 0;
}

/* The domain itself does not count where it begins with a dot. */
static gboolean
is_in_domain (const char *host, const char *domain)
{
  gsize length = strlen (domain);
  const char *tail;

  if (length == 0)
    return TRUE;
  if (!g_str_has_suffix (host, domain))
    return FALSE;
  tail = host + strlen (host) - length;
  return tail == host ? domain[0] != '.' : domain[0] == '.' || tail[-1] == '.';
}

/* @partly: whether one host of those that a wildcard stands for is enough */
static gboolean
is_dns_within (const char *name, const char *base, gboolean partly)
{
  if (is_in_domain (name, base))
    return TRUE;
  return partly && g_str_has_prefix (name, "*.") && is_in_domain (base, name + 2);
}

/* "host", ".domain" or all. */
static gboolean
is_host_within (const char *host, const char *base)
{
  if (base[0] == '\0' || strcmp (host, base) == 0)
    return base[0] != '.';
  return base[0] == '.' && is_in_domain (host, base);
}

/* "user@host", "host", ".domain" or all; "@host" is what Microsoft writes. */
static gboolean
is_mailbox_within (const char *name, const char *base)
{
  const char *host = strrchr (name, '@') + 1;

  if (base[0] == '@')
    return strcmp (host, base + 1) == 0;
  if (strchr (base, '@') != NULL)
    return strcmp (name, base) == 0;
  return is_host_within (host, base);
}

static gboolean
is_ip_within (GBytes *address, GBytes *base)
{
  gsize length, base_length;
  const guint8 *octets = g_bytes_get_data (address, &length);
  const guint8 *net = g_bytes_get_data (base, &base_length);

  if (base_length != 2 * length)
    return FALSE;
  for (gsize i = 0; i < length; i++) {
    if ((octets[i] & net[length + i]) != (net[i] & net[length + i]))
      return FALSE;
  }
  return TRUE;
}

/**
 * scep_constrained_name_is_within:
 * @name: comparable
 * @base: comparable, of the same form
 * @partly: whether a wildcard is within a base of which it covers a part
 *
 * Returns: whether @name is in the subtree of @base (RFC 5280 section 4.2.1.10)
 */
gboolean
scep_constrained_name_is_within (const ScepConstrainedName *name, const ScepConstrainedName *base,
                                 gboolean partly)
{
  switch (name->tag) {
  case SCEP_GENERAL_NAME_DNS:
    return is_dns_within (name->text, base->text, partly);
  case SCEP_GENERAL_NAME_URI:
    return is_host_within (name->text, base->text);
  case SCEP_GENERAL_NAME_EMAIL:
  case SCEP_GENERAL_NAME_OTHER:
    return is_mailbox_within (name->text, base->text);
  case SCEP_GENERAL_NAME_IP:
    return is_ip_within (name->octets, base->octets);
  case SCEP_GENERAL_NAME_DIRECTORY:
  default:
    return g_str_has_prefix (name->text, base->text);
  }
}
