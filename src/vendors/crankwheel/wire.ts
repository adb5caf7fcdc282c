import { z } from 'zod';
import { looseList } from '../../vendor-kit/wire.ts';

/** `null` in `in_demo_pool` is documented ("should be considered the same as false"). */
export const UserAccess = z.object({
  email: z.string().nullable(),
  privilege: z.string().nullish(),
  in_demo_pool: z.boolean().nullish(),
});
export type UserAccess = z.infer<typeof UserAccess>;

/** The envelope of `GET /user_access` is not documented. */
export const UserAccessList = looseList(UserAccess);
