/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parameters of AES-GCM (RFC 5084 section 3.2); for the codec only. */
#include "codec/scep-gcm-parameters.h"

#include "codec/scep-cms.h"
#include "codec/scep-der.h"

/* The tag of a SEQUENCE without the bit that says that it holds elements. */
#define TAG_PRIMITIVE_SEQUENCE 0x10
/* What smallstep calls the OCTET STRING: its tag's number, in a class of its own. */
#define TAG_SMALLSTEP_NONCE 0x84

#define NONCE_LENGTH 12
#define MIN_TAG_LENGTH 12
#define MAX_TAG_LENGTH 16

/* smallstep puts them into an element of tag 0x10; others who copied that say 0x30. */
static gboolean
enter (ScepDerReader *whole, ScepDerReader *fields)
{
  gboolean wrapped = scep_der_reader_peek (whole) == TAG_PRIMITIVE_SEQUENCE;
  ScepDerReader outer;

  if (!scep_der_reader_enter (whole, wrapped ? TAG_PRIMITIVE_SEQUENCE : SCEP_TAG_SEQUENCE,
                              fields) ||
      !scep_der_reader_is_at_end (whole))
    return FALSE;
  if (!wrapped && scep_der_reader_peek (fields) != SCEP_TAG_SEQUENCE)
    return TRUE;
  outer = *fields;
  return scep_der_reader_enter (&outer, SCEP_TAG_SEQUENCE, fields) &&
         scep_der_reader_is_at_end (&outer);
}

static GBytes *
take_nonce (ScepDerReader *fields)
{
  guint8 tag = scep_der_reader_peek (fields);

  if (tag != SCEP_TAG_OCTET_STRING && tag != TAG_SMALLSTEP_NONCE)
    return NULL;
  return scep_der_reader_take_content (fields, tag);
}

/**
 * scep_gcm_parameters_read:
 * @der: GCMParameters, or such in another SEQUENCE
 * @nonce: (out) (transfer full): 12 octets
 * @tag_length: (out): 12 to 16 octets; 12 where they do not say
 *
 * Returns: whether that is what it is
 */
gboolean
scep_gcm_parameters_read (GBytes *der, GBytes **nonce, gsize *tag_length)
{
  ScepDerReader whole;
  ScepDerReader fields;
  g_autoptr (GBytes) octets = NULL;

  *tag_length = MIN_TAG_LENGTH;
  scep_der_reader_init (&whole, der);
  if (!enter (&whole, &fields))
    return FALSE;
  octets = take_nonce (&fields);
  if (octets == NULL || g_bytes_get_size (octets) != NONCE_LENGTH)
    return FALSE;
  if (!scep_der_reader_is_at_end (&fields)) {
    g_autoptr (GBytes) length = scep_der_reader_take_content (&fields, SCEP_TAG_INTEGER);

    if (length == NULL || g_bytes_get_size (length) != 1 || !scep_der_reader_is_at_end (&fields))
      return FALSE;
    *tag_length = *(const guint8 *) g_bytes_get_data (length, NULL);
  }
  if (*tag_length < MIN_TAG_LENGTH || *tag_length > MAX_TAG_LENGTH)
    return FALSE;
  *nonce = g_steal_pointer (&octets);
  return TRUE;
}
