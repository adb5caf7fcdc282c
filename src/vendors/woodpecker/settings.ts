import { z } from 'zod';
import { commonSettings } from '../../vendor-kit/define.ts';

export const Settings = z.strictObject({
  ...commonSettings({
    baseUrl: 'https://api.woodpecker.co/rest/v2',
    // Woodpecker processes one request of a company at a time and queues six (its rate limiting page).
    concurrency: 1,
    requestsPerSecond: 10,
  }),
  companyId: z
    .int()
    .min(1)
    .describe('The id of the client company whose guests are managed, from `GET /agency/companies`.'),
  whiteLabel: z
    .boolean()
    .default(false)
    .describe('The agency has the White Label add-on: invitations leave the guest permissions out.'),
});
export type Settings = z.infer<typeof Settings>;

export const Credentials = z.strictObject({
  apiKey: z.string().min(1).describe('An API key of an admin of the Woodpecker agency.'),
});
export type Credentials = z.infer<typeof Credentials>;
