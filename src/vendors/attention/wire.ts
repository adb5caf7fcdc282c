import { z } from 'zod';
import { looseList } from '../../vendor-kit/wire.ts';

const Reference = z.object({ uuid: z.string() });
const Role = z.object({ uuid: z.string(), type: z.string().nullish() });
export type Role = z.infer<typeof Role>;

/**
 * A user as any of the REST calls describes it. The reply to a create lacks `roles` and `teams`; the seat type stands in
 * `settings.seat_type` in examples and in `seatType` in the schema; ids are not always well-formed UUIDs.
 */
export const User = z.object({
  uuid: z.string().min(1),
  email: z.string().nullable(),
  firstName: z.string().nullish(),
  lastName: z.string().nullish(),
  roleUUID: z.string().nullish(),
  roles: z.array(Role).nullish(),
  teams: z.array(Reference).nullish(),
  primaryTeamUUID: z.string().nullish(),
  seatType: z.string().nullish(),
  botName: z.string().nullish(),
  deactivatedAt: z.string().nullish(),
  settings: z.object({ seat_type: z.string().nullish(), dealsEnabled: z.boolean().nullish() }).nullish(),
});
export type User = z.infer<typeof User>;

export const UserReply = z.object({ data: User }).transform(({ data }) => data);
export const UserList = z.object({ data: z.array(User) }).transform(({ data }) => data);

export const Team = z.object({ uuid: z.string().min(1), name: z.string() });
export type Team = z.infer<typeof Team>;

export const TeamReply = z.object({ data: Team }).transform(({ data }) => data);
/** The envelope of `GET /teams` is not documented. */
export const TeamList = looseList(Team);
