<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->
<!-- Pages of the manual. What gdbus-codegen writes about an interface names no
     section: it belongs to 5. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:import href="http://docbook.sourceforge.net/release/xsl/current/manpages/docbook.xsl"/>

  <xsl:param name="refentry.meta.get.quietly" select="1"/>
  <xsl:param name="man.authors.section.enabled" select="0"/>
  <xsl:param name="man.copyright.section.enabled" select="0"/>
  <xsl:param name="man.endnotes.are.numbered" select="0"/>
  <xsl:param name="man.endnotes.list.enabled" select="0"/>
  <!-- Whole names: org.example.SCEPEnrollment.Keystore is no other page. -->
  <xsl:param name="man.th.title.max.length" select="60"/>
  <xsl:param name="man.output.encoding" select="'UTF-8'"/>
  <xsl:param name="chunker.output.encoding" select="'UTF-8'"/>

  <!-- The same source makes the same page on every day. -->
  <xsl:template name="get.refentry.date"/>
  <xsl:template name="get.refentry.source">scep-enrollment</xsl:template>
  <xsl:template name="get.refentry.manual">scep-enrollment</xsl:template>
  <xsl:template name="get.refentry.section">
    <xsl:choose>
      <xsl:when test="refmeta/manvolnum">
        <xsl:value-of select="refmeta/manvolnum"/>
      </xsl:when>
      <xsl:otherwise>5</xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- What is said of an interface has marks of its own around names, and in titles quotation
       marks, at which roff would end the title. -->
  <xsl:template match="//refentry//text()">
    <xsl:call-template name="escape.roff.specials">
      <xsl:with-param name="content" select="translate(., '`', '')"/>
    </xsl:call-template>
  </xsl:template>
  <xsl:template match="//refentry//title/text()">
    <xsl:call-template name="escape.roff.specials">
      <xsl:with-param name="content" select="translate(., '&quot;', '')"/>
    </xsl:call-template>
  </xsl:template>
</xsl:stylesheet>
