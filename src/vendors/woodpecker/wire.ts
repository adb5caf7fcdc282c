import { z } from 'zod';

/** A user of a company; only guests have `guest_permissions`. */
export const User = z.object({
  id: z.int(),
  name: z.string().nullish(),
  email: z.string().nullable(),
  roles: z.array(z.string()).nullish(),
  guest_permissions: z.array(z.string()).nullish(),
});
export type User = z.infer<typeof User>;

/** `content` is an array, although its description says "JSON object". Pages count from 1. */
export const UserPage = z.object({
  content: z.array(User),
  pagination_data: z.object({ total_pages: z.int(), current_page_number: z.int() }),
});

/** "The invitation ID is returned", in which shape no document says, and that it is a user's id neither: any JSON will do. */
export const Invitations = z.json();

/** An element of `guests` in an invitation; its permissions are called `guest_permissions` only here. */
export interface Guest {
  name: string;
  email: string;
  guest_permissions?: string[];
}
