import { z } from 'zod';
import { commonSettings } from '../../vendor-kit/define.ts';

export const Settings = z.strictObject({
  ...commonSettings({ baseUrl: 'https://api.corezoid.com/api/2/json', concurrency: 2, requestsPerSecond: 5 }),
  companyId: z
    .string()
    .min(3)
    .max(36)
    .describe('The id of the company, such as i702619617; every call names it.'),
  loginType: z
    .enum(['corezoid', 'google'])
    .default('corezoid')
    .describe('How invited people sign in, where no rule says otherwise.'),
  listsInvitations: z
    .boolean()
    .default(false)
    .describe('The key sees pending invitations: a superadmin’s in a multi-tenant Corezoid.'),
  unlinkLevel: z
    .enum(['empty', 'null', 'omit'])
    .default('empty')
    .describe('How a person is taken out of a group: `level` as an empty text, as null, or left out.'),
});
export type Settings = z.infer<typeof Settings>;

export const Credentials = z.strictObject({
  apiLogin: z.string().min(1).describe('The login of a Corezoid API key; only a superadmin’s blocks people.'),
  apiSecret: z.string().min(1).describe('The secret of that key. It signs every call and is never sent.'),
});
export type Credentials = z.infer<typeof Credentials>;
