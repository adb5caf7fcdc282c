import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import type { FieldValue, FieldValues } from '../../core/field.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Holder } from '../../vendor-kit/last-one.ts';
import { listOf } from '../../vendor-kit/lists.ts';
import type { Changes, WantedCreate } from '../../vendor-kit/vendor.ts';
import type { Settings } from './settings.ts';
import type { Team, User } from './wire.ts';

/** The body of a create: snake_case but for `roleUUID`, in the order of Attention's example. */
export function toCreate({ address, fields }: WantedCreate): JsonObject {
  return withoutMissing([
    ['email', address],
    ['first_name', fields['firstName']],
    ['last_name', fields['lastName']],
    ['roleUUID', fields['roleUUID']],
    ['teams', listOf(fields['teams']).map((uuid, index) => ({ uuid, primary: index === 0 }))],
    ['seat_type', fields['seatType']],
  ]);
}

/** The body of an update: camelCase, changed fields only. REJECTED where it would leave the user without a team. */
export function toUpdate(
  account: VendorAccount,
  { set, add, remove }: Changes,
  settings: Settings,
): JsonObject {
  const added = add['teams'] ?? [];
  const removed = remove['teams'] ?? [];
  const left = [...listOf(account.fields['teams']), ...added].filter((uuid) => !removed.includes(uuid));
  if (removed.length > 0 && left.length === 0) {
    throw new VendorError(
      'REJECTED',
      `Attention needs at least one team for ${account.address}: set defaultTeamUUID, or map another team.`,
    );
  }
  const asObjects = settings.teamsToAdd === 'objects';
  return withoutMissing([
    ['firstName', set['firstName']],
    ['lastName', set['lastName']],
    ['botName', set['botName']],
    ['dealsEnabled', set['dealsEnabled']],
    ['teamsToAdd', emptyAsMissing(asObjects ? added.map((uuid) => ({ uuid, primary: false })) : added)],
    ['teamUUIDsToRemove', emptyAsMissing(removed)],
    ['roleUUID', set['roleUUID']],
    ['seat_type', set['seatType']],
  ]);
}

/** None for a user without an address: it can be nobody's. */
export function toAccount(user: User): VendorAccount[] {
  const email = user.email?.trim();
  if (!email) return [];
  const fields = withoutMissing([
    ['email', email],
    ['firstName', user.firstName],
    ['lastName', user.lastName],
    ['roleUUID', user.roleUUID ?? user.roles?.[0]?.uuid],
    ['teams', user.teams && primaryFirst(user)],
    ['seatType', user.settings?.seat_type ?? user.seatType],
    ['botName', user.botName],
    ['dealsEnabled', user.settings?.dealsEnabled],
  ]);
  const presence = user.deactivatedAt ? 'suspended' : 'active';
  return [
    {
      id: user.uuid,
      address: email,
      presence,
      fields,
      ...(adminRoles(user).length > 0 && { extra: { admin: true } }),
    },
  ];
}

/** The types are written ADMIN, SALES_REP and manager. */
function adminRoles({ roles }: User): string[] {
  return (roles ?? []).filter(({ type }) => type?.toUpperCase() === 'ADMIN').map(({ uuid }) => uuid);
}

/** The active administrators; a role is known for an administrator's by those who have it. */
export function toAdmins(users: readonly User[]): Holder[] {
  const active = users.filter((user) => !user.deactivatedAt);
  return active
    .map((user) => ({ id: user.uuid, roles: adminRoles(user) }))
    .filter(({ roles }) => roles.length > 0);
}

/** What was told without a role can be anybody's. */
export function mayBeAdmin({ extra, fields }: VendorAccount): boolean {
  return extra?.['admin'] === true || fields['roleUUID'] === undefined;
}

/** A team as a vendor group; Attention tells its name with a prefix that was not sent. */
export function toGroup(team: Team, prefix: string): VendorAccount {
  const title = team.name.startsWith(prefix) ? team.name.slice(prefix.length) : team.name;
  return { id: team.uuid, address: title, presence: 'active', fields: {} };
}

function primaryFirst(user: User): string[] {
  const uuids = (user.teams ?? []).map((team) => team.uuid);
  const primary = uuids.filter((uuid) => uuid === user.primaryTeamUUID);
  return [...primary, ...uuids.filter((uuid) => uuid !== user.primaryTeamUUID)];
}

function emptyAsMissing(list: Json[]): Json[] | undefined {
  return list.length > 0 ? list : undefined;
}

function withoutMissing(members: [string, FieldValue | null | undefined][]): FieldValues {
  return Object.fromEntries(
    members.filter((member): member is [string, FieldValue] => member[1] !== undefined && member[1] !== null),
  );
}
