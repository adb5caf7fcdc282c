import type { VendorAccount } from '../../core/account.ts';
import { VendorError } from '../../core/errors.ts';
import type { FieldValue, FieldValues } from '../../core/field.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { listOf } from '../../vendor-kit/lists.ts';
import type { Changes, WantedCreate } from '../../vendor-kit/vendor.ts';
import type { Settings } from './settings.ts';
import type { Role, Team, User } from './wire.ts';

/** How much power the types of roles give, in capitals: they are written ADMIN, SALES_REP and manager. */
const RANKS: Record<string, number> = { SALES_REP: 0, MANAGER: 1, ADMIN: 2 };

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
  const ranks = rankRoles(user.roles ?? []);
  return [withLastOf({ id: user.uuid, address: email, presence, fields, ...(ranks && { ranks }) })];
}

/** undefined where no role is of a known type. */
function rankRoles(roles: readonly Role[]): Record<string, number> | undefined {
  const ranked = roles.flatMap(({ uuid, type }) => {
    const rank = RANKS[type?.toUpperCase() ?? ''];
    return rank === undefined ? [] : [[uuid, rank] as const];
  });
  return ranked.length > 0 ? Object.fromEntries(ranked) : undefined;
}

/** An administrator is one of those of whom one has to stay while active, by any of the roles. */
export function withLastOf({ lastOf: _, ...account }: VendorAccount): VendorAccount {
  const isAdmin = Object.values(account.ranks ?? {}).includes(RANKS['ADMIN'] ?? 0);
  const counts = isAdmin && account.presence === 'active';
  return { ...account, ...(counts && { lastOf: 'active administrator in Attention' }) };
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
