import { z } from 'zod';
import { commonSettings } from '../../vendor-kit/define.ts';

const setting = z.string().min(1).nullable().default(null);

export const Settings = z.strictObject({
  ...commonSettings({ baseUrl: 'https://api.attention.tech/v2', concurrency: 4, requestsPerSecond: 10 }),
  authorisation: z
    .enum(['bearer', 'bare'])
    .default('bearer')
    .describe('How the key is sent: `Authorization: Bearer <key>`, or the bare key.'),
  defaultRoleUUID: setting.describe('The role of a person for whom no group rule gives one.'),
  defaultTeamUUID: setting.describe('The team of a person for whom no group rule gives one; one is needed.'),
  lookup: z
    .enum(['filter', 'list'])
    .default('filter')
    .describe('How one account is looked up: `filter` asks for its address, `list` reads the whole list.'),
  teamsToAdd: z
    .enum(['objects', 'uuids'])
    .default('objects')
    .describe('The elements of `teamsToAdd` in an update: as in a create, or ids alone.'),
  teamNamePrefix: z.string().default('[Attention] ').describe('What Attention puts before team names.'),
  scim: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Suspend and reactivate through Attention’s SCIM side.'),
      update: z
        .enum(['patch', 'put'])
        .default('patch')
        .describe('How `active` is written there: its configuration denies PATCH, its documents show it.'),
    })
    .prefault({}),
});
export type Settings = z.infer<typeof Settings>;

export const Credentials = z.strictObject({
  apiKey: z.string().min(1).describe('An Attention API key of an organisation admin.'),
  scimToken: setting.describe('The token of Attention’s SCIM side; without one the API key is sent there.'),
});
export type Credentials = z.infer<typeof Credentials>;
