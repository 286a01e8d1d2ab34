/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "openssl-next-ca.h"

/**
 * test_next_ca_build:
 *
 * Returns: (transfer full): a SignedData as GetNextCACert has it
 */
GBytes *
test_next_ca_build (const TestNextCa *next)
{
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  GBytes *content = next->content != NULL ? next->content : empty;
  unsigned int ber = (next->flags & TEST_REPLY_BER) != 0 ? CMS_STREAM : 0;
  unsigned int flags = CMS_BINARY | CMS_PARTIAL | ber;
  unsigned int of_signer = CMS_NOSMIMECAP | CMS_PARTIAL;
  CMS_ContentInfo *cms = CMS_sign (NULL, NULL, NULL, NULL, flags);
  BIO *in = BIO_new_mem_buf (g_bytes_get_size (content) > 0 ? g_bytes_get_data (content, NULL) : "",
                             (int) g_bytes_get_size (content));
  BIO *out = BIO_new (BIO_s_mem ());
  char *data;
  long length;
  GBytes *message;

  if ((next->flags & TEST_REPLY_NO_CERTIFICATES) != 0)
    of_signer |= CMS_NOCERTS;
  if ((next->flags & TEST_REPLY_NO_ATTRIBUTES) != 0)
    of_signer |= CMS_NOATTR;
  if (next->nested)
    g_assert_cmpint (CMS_set1_eContentType (cms, OBJ_nid2obj (NID_pkcs7_signed)), ==, 1);
  g_assert_nonnull (
      CMS_add1_signer (cms, next->signer->certificate, next->signer->key, next->digest, of_signer));
  if (next->outer != NULL)
    g_assert_cmpint (CMS_add1_cert (cms, next->outer), ==, 1);
  if (ber == 0)
    g_assert_cmpint (CMS_final (cms, in, NULL, flags), ==, 1);
  g_assert_cmpint (i2d_CMS_bio_stream (out, cms, in, (int) (ber | CMS_BINARY)), ==, 1);
  length = BIO_get_mem_data (out, &data);
  message = g_bytes_new (data, (gsize) length);
  BIO_free (in);
  BIO_free (out);
  CMS_ContentInfo_free (cms);
  return message;
}
