import type { VendorAccount } from '../../core/account.ts';
import type { FieldValue, FieldValues } from '../../core/field.ts';
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { Changes, WantedCreate } from '../../vendor-kit/vendor.ts';
import type { Account, Tag } from './wire.ts';

/** The body of a create, in a fixed order. */
export function toCreate({ address, fields }: WantedCreate): JsonObject {
  const { displayName, timeZone, language } = fields;
  const preferences = withoutMissing({ displayName, timeZone, language });
  return withoutMissing({
    email: address,
    firstName: fields['firstName'],
    lastName: fields['lastName'],
    profile: { id: fields['profileId'] ?? '' },
    sendSignupEmail: fields['sendSignupEmail'],
    preferences: Object.keys(preferences).length > 0 ? preferences : undefined,
    resellerId: fields['resellerId'],
    tags: fields['tags'],
  });
}

/** The body of an update: changed fields only. `tags` is what the account has now, because an update replaces the whole list. */
export function toUpdate({ set, add, remove }: Changes, tags: readonly Tag[] | null): JsonObject {
  const profileId = set['profileId'];
  return withoutMissing({
    firstName: set['firstName'],
    lastName: set['lastName'],
    profile: profileId === undefined ? undefined : { id: profileId },
    tags: tags === null ? undefined : changeTags(tags, add['tags'] ?? [], remove['tags'] ?? []),
  });
}

/** A tag is known by its text: an added one takes the place of its namesake. */
function changeTags(current: readonly Tag[], added: readonly Json[], removed: readonly Json[]): Json[] {
  const ended = new Set([...added, ...removed].map((item) => isJsonObject(item) && item['tag']));
  const kept = current.filter(({ tag }) => !ended.has(tag));
  return [...kept.map(({ tag, color }): JsonObject => withoutMissing({ tag, color })), ...added];
}

/** None for an account without an address: it can be nobody's. */
export function toAccount(account: Account): VendorAccount[] {
  const email = account.email?.trim() || account.userName?.trim();
  if (!email) return [];
  const { firstName, lastName, profile, preferences, resellerId, tags } = account;
  const fields: FieldValues = withoutMissing<FieldValue>({
    email,
    firstName,
    lastName,
    profileId: profile?.id,
    displayName: preferences?.displayName,
    timeZone: preferences?.timeZone,
    language: preferences?.language,
    resellerId,
    tags: tags?.map(({ tag, color }) => withoutMissing({ tag, color: color?.toLowerCase() })),
  });
  return [
    {
      id: account.id,
      address: email,
      presence: account.status === 'disabled' ? 'suspended' : 'active',
      fields,
      ...(account.isOwn && { protected: 'the reseller’s own account' }),
    },
  ];
}

function withoutMissing<Value extends Json = Json>(members: Record<string, Value | null | undefined>) {
  const given = Object.entries(members).filter(
    (member): member is [string, Value] => member[1] !== undefined && member[1] !== null,
  );
  return Object.fromEntries(given);
}
