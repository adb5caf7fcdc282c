/** What an Authorization header carries; `userName` only with Basic. */
export interface Credential {
  userName: string | null;
  token: string;
}

/** Reads `Bearer <token>` (RFC 6750 §2.1) and `Basic <connection:token>` (RFC 7617). Null: neither. */
export function readCredential(header: string): Credential | null {
  const [scheme = '', value = '', ...rest] = header.trim().split(/ +/);
  if (value === '' || rest.length > 0) return null;
  if (scheme.toLowerCase() === 'bearer') return { userName: null, token: value };
  if (scheme.toLowerCase() !== 'basic') return null;
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { userName: text.slice(0, colon), token: text.slice(colon + 1) };
}
