import { z } from 'zod';
import { commonSettings } from '../../vendor-kit/define.ts';

export const Settings = z.strictObject({
  ...commonSettings({
    baseUrl: 'https://api.agendize.com/api/2.0/resellers',
    concurrency: 4,
    requestsPerSecond: 10,
  }),
  defaultProfileId: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('The profile (plan) of a person for whom no group rule gives one; every account needs one.'),
  lookup: z
    .enum(['get', 'list'])
    .default('get')
    .describe('How one account is looked up: `get` asks for its user name; `list` reads the whole list.'),
  createVerb: z
    .enum(['POST', 'PUT'])
    .default('POST')
    .describe('The method of the create call; sources differ.'),
  updateVerb: z
    .enum(['PUT', 'POST'])
    .default('PUT')
    .describe('The method of the update call; sources differ.'),
  updateProfile: z
    .boolean()
    .default(false)
    .describe('Change the profile of an account through the API instead of by a task; not documented.'),
  sendPreferences: z
    .boolean()
    .default(true)
    .describe('Send display name, time zone and language with the create call; not documented there.'),
  sendResellerId: z
    .boolean()
    .default(true)
    .describe('Send the identity provider’s externalId as `resellerId`; not documented for the create call.'),
});
export type Settings = z.infer<typeof Settings>;

export const Credentials = z.strictObject({
  apiKey: z.string().min(1).describe('The Agendize API key.'),
  token: z.string().min(1).describe('The SSO token of the reseller’s own account.'),
});
export type Credentials = z.infer<typeof Credentials>;
