import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import type { Kysely } from 'kysely';
import { OperatorError } from '../core/errors.ts';
import { writeMetaOnce } from './meta.ts';
import type { Tables } from './tables.ts';

/** What can be done with the secret key; the key itself stays inside. */
export interface Keyring {
  /** AES-256-GCM; `context` says whose secret it is, and is needed again to open it. Text, safe in a column. */
  seal(text: string, context: string): string;
  /** Throws `OperatorError` if it was sealed with another key or for another context, or was changed since. */
  open(sealed: string, context: string): string;
  /** The form in which a bearer token is stored and looked up: HMAC-SHA-256, hex. */
  digestToken(token: string): string;
}

const KEY_BYTES = 32;
/** NIST SP 800-38D §8.2: 96 bits. */
const IV_BYTES = 12;
const TAG_BYTES = 16;
const ENVELOPE_VERSION = 'v1';

/** `secretKey`: 32 bytes. Each use has its own key, derived by HKDF-SHA-256 (RFC 5869). */
export function openKeyring(secretKey: Uint8Array): Keyring {
  if (secretKey.length !== KEY_BYTES) {
    throw new OperatorError(`The secret key has ${secretKey.length} bytes; it must have ${KEY_BYTES}.`);
  }
  const sealingKey = derive(secretKey, 'seal', KEY_BYTES);
  const tokenKey = createSecretKey(derive(secretKey, 'token', KEY_BYTES));
  const keyId = derive(secretKey, 'key-id', 6).toString('base64url');

  return {
    seal(text, context) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealingKey, iv).setAAD(Buffer.from(context));
      const body = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return [ENVELOPE_VERSION, keyId, body.toString('base64url')].join('.');
    },
    open(sealed, context) {
      const [version, sealedWith, body] = sealed.split('.');
      if (version !== ENVELOPE_VERSION || sealedWith !== keyId || body === undefined) {
        throw new OperatorError(
          'A stored secret was sealed with another CAUSEWAY_SECRET_KEY. Start with that key, or enter the credentials again.',
        );
      }
      return openBody(sealingKey, Buffer.from(body, 'base64url'), context);
    },
    digestToken: (token) => createHmac('sha256', tokenKey).update(token).digest('hex'),
  };
}

/** Binds a new store to its key, and throws `OperatorError` if the store belongs to another one. */
export async function checkKey(db: Kysely<Tables>, keyring: Keyring): Promise<void> {
  const stored = await writeMetaOnce(db, 'key_check', keyring.seal('', 'key_check'));
  try {
    keyring.open(stored, 'key_check');
  } catch (error) {
    throw new OperatorError(
      'This store belongs to another CAUSEWAY_SECRET_KEY (a sandbox keeps its key in sandbox.key beside it). Start with the key it was made with, or use another CAUSEWAY_DATA_DIR.',
      { cause: error },
    );
  }
}

function openBody(key: Buffer, body: Buffer, context: string): string {
  try {
    const tagAt = body.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context)).setAuthTag(body.subarray(tagAt));
    return decipher.update(body.subarray(IV_BYTES, tagAt), undefined, 'utf8') + decipher.final('utf8');
  } catch (error) {
    throw new OperatorError('A stored secret was changed or moved. Enter the credentials again.', {
      cause: error,
    });
  }
}

function derive(secretKey: Uint8Array, use: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secretKey, '', `causeway ${use}`, bytes));
}
