#ifndef BEARERGATE_COPENSSL_SHIM_H
#define BEARERGATE_COPENSSL_SHIM_H

#include <stdint.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Public keys from their numbers. OSSL_PARAM keeps pointers to names and values, and EVP_PKEY_PUBLIC_KEY is a compound
// macro: in C the names are literals that live for ever, and the whole making is one call that keeps nothing.

static inline EVP_PKEY *bearergate_public_key_from(const char *type, OSSL_PARAM *parameters) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

// Both numbers big-endian.
static inline EVP_PKEY *bearergate_rsa_public_key(const uint8_t *modulus, size_t modulusCount,
                                                  const uint8_t *exponent, size_t exponentCount) {
    EVP_PKEY *key = NULL;
    BIGNUM *n = BN_bin2bn(modulus, (int)modulusCount, NULL);
    BIGNUM *e = BN_bin2bn(exponent, (int)exponentCount, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    if (n != NULL && e != NULL && builder != NULL &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
        (parameters = OSSL_PARAM_BLD_to_param(builder)) != NULL) {
        key = bearergate_public_key_from("RSA", parameters);
    }
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(e);
    BN_free(n);
    return key;
}

// `point` in the uncompressed form of SEC 1; OpenSSL refuses one that is not on the curve.
static inline EVP_PKEY *bearergate_ec_public_key(const char *group, const uint8_t *point, size_t pointCount) {
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, pointCount),
        OSSL_PARAM_construct_end(),
    };
    return bearergate_public_key_from("EC", parameters);
}

// The low-level hash functions. OpenSSL 3 marks them deprecated in favour of EVP, which allocates a context and looks
// its algorithm up for every message; a token's fingerprint is taken on every request, so here they are worth keeping.

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static inline void bearergate_sha256(const uint8_t *bytes, size_t count, uint8_t *digest) {
    SHA256_CTX state;
    SHA256_Init(&state);
    SHA256_Update(&state, bytes, count);
    SHA256_Final(digest, &state);
}

static inline void bearergate_sha384(const uint8_t *bytes, size_t count, uint8_t *digest) {
    SHA512_CTX state;
    SHA384_Init(&state);
    SHA384_Update(&state, bytes, count);
    SHA384_Final(digest, &state);
}

static inline void bearergate_sha512(const uint8_t *bytes, size_t count, uint8_t *digest) {
    SHA512_CTX state;
    SHA512_Init(&state);
    SHA512_Update(&state, bytes, count);
    SHA512_Final(digest, &state);
}

// HMAC-SHA-256 (RFC 2104) with the two key blocks hashed beforehand: `inner` and `outer` are the hash's eight words
// after one block.

static inline void bearergate_sha256_resume(SHA256_CTX *state, const uint32_t *words) {
    memset(state, 0, sizeof *state);
    memcpy(state->h, words, sizeof state->h);
    state->Nl = SHA256_CBLOCK * 8;
    state->md_len = SHA256_DIGEST_LENGTH;
}

static inline void bearergate_hmac_sha256_prepare(const uint8_t *key, size_t count, uint32_t *inner, uint32_t *outer) {
    uint8_t block[SHA256_CBLOCK] = {0};
    if (count > sizeof block) {
        bearergate_sha256(key, count, block);
    } else if (count > 0) {
        memcpy(block, key, count);
    }
    SHA256_CTX state;
    for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36;
    SHA256_Init(&state);
    SHA256_Update(&state, block, sizeof block);
    memcpy(inner, state.h, sizeof state.h);
    for (size_t i = 0; i < sizeof block; i++) block[i] ^= 0x36 ^ 0x5c;
    SHA256_Init(&state);
    SHA256_Update(&state, block, sizeof block);
    memcpy(outer, state.h, sizeof state.h);
    OPENSSL_cleanse(block, sizeof block);
    OPENSSL_cleanse(&state, sizeof state);
}

// The outer message is one digest behind the key block, so with its padding (FIPS 180-4 §5.1.1) it is one block.
static inline void bearergate_hmac_sha256_finish(SHA256_CTX *state, const uint32_t *outer, uint8_t *code) {
    uint8_t block[SHA256_CBLOCK] = {0};
    const unsigned bits = (SHA256_CBLOCK + SHA256_DIGEST_LENGTH) * 8;
    SHA256_Final(block, state);
    block[SHA256_DIGEST_LENGTH] = 0x80;
    block[SHA256_CBLOCK - 2] = (uint8_t)(bits >> 8);
    block[SHA256_CBLOCK - 1] = (uint8_t)bits;
    bearergate_sha256_resume(state, outer);
    SHA256_Transform(state, block);
    for (int i = 0; i < SHA256_DIGEST_LENGTH; i++) code[i] = (uint8_t)(state->h[i / 4] >> (24 - 8 * (i % 4)));
}

static inline void bearergate_hmac_sha256(const uint32_t *inner, const uint32_t *outer,
                                          const uint8_t *message, size_t count, uint8_t *code) {
    SHA256_CTX state;
    bearergate_sha256_resume(&state, inner);
    SHA256_Update(&state, message, count);
    bearergate_hmac_sha256_finish(&state, outer, code);
}

static inline void bearergate_write_length(uint8_t *bytes, size_t count) {
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)((uint64_t)count >> (56 - 8 * i));
}

// HMAC-SHA-256 over two parts, each preceded by its length in eight bytes, so that no two pairs run into one message.
static inline void bearergate_hmac_sha256_parts(const uint32_t *inner, const uint32_t *outer,
                                                const uint8_t *first, size_t firstCount,
                                                const uint8_t *second, size_t secondCount, uint8_t *code) {
    SHA256_CTX state;
    // A first part of the usual size goes in one piece with the two lengths around it.
    uint8_t front[128];
    bearergate_sha256_resume(&state, inner);
    bearergate_write_length(front, firstCount);
    if (firstCount > 0 && firstCount <= sizeof front - 16) {
        memcpy(front + 8, first, firstCount);
        bearergate_write_length(front + 8 + firstCount, secondCount);
        SHA256_Update(&state, front, 16 + firstCount);
    } else {
        SHA256_Update(&state, front, 8);
        SHA256_Update(&state, first, firstCount);
        bearergate_write_length(front, secondCount);
        SHA256_Update(&state, front, 8);
    }
    SHA256_Update(&state, second, secondCount);
    bearergate_hmac_sha256_finish(&state, outer, code);
}

#pragma GCC diagnostic pop

#endif
