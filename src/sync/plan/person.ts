import { addressFault } from '../../core/address.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';

/** The person behind a User document, by the shared sources that every vendor's defaults read (docs/mapping). */
export interface Person {
  /** As the identity provider wrote it, trimmed; an e-mail's may have a fault. Null: no e-mail address anywhere. */
  address: string | null;
  given: string | null;
  family: string | null;
  full: string | null;
}

/** Reads the shared sources; earlier ones win. */
export function readPerson(document: JsonObject): Person {
  const name = isJsonObject(document['name']) ? document['name'] : {};
  const displayName = text(document['displayName']);
  const formatted = text(name['formatted']);
  const words = (displayName ?? formatted)?.split(/\s+/) ?? [];
  const address = readAddress(document);
  const given = text(name['givenName']) ?? words[0] ?? null;
  const family = text(name['familyName']) ?? (words.length > 1 ? words.slice(1).join(' ') : null);
  const joined = [given, family].filter((part) => part !== null).join(' ');
  return { address, given, family, full: displayName ?? formatted ?? text(joined) ?? address };
}

/** The primary e-mail, the one of type work, the first, or a `userName` that is an address. */
function readAddress(document: JsonObject): string | null {
  const emails = (Array.isArray(document['emails']) ? document['emails'] : []).filter(isJsonObject);
  const withValue = emails.filter((email) => text(email['value']) !== null);
  const chosen =
    withValue.find((email) => email['primary'] === true) ??
    withValue.find((email) => typeof email['type'] === 'string' && email['type'].toLowerCase() === 'work') ??
    withValue[0];
  if (chosen !== undefined) return text(chosen['value']);
  const userName = text(document['userName']);
  return userName !== null && addressFault(userName) === null ? userName : null;
}

function text(value: Json | undefined): string | null {
  if (typeof value !== 'string') return null;
  const trimmed = value.trim();
  return trimmed === '' ? null : trimmed;
}
