import { z } from 'zod';

/** Documented as a string; examples and clients show numbers as well. */
const Id = z.union([z.string().min(1), z.int()]).transform(String);
const text = z.string().nullish();

/** The colour is documented as a boolean "in web format": anything but a text is passed over. */
const Tag = z.object({ tag: z.string(), color: text.catch(null) });
export type Tag = z.infer<typeof Tag>;

/**
 * The Account resource as one holder of `token` may keep it: the `ssoToken` in it signs in as that person, so all that is left of
 * it is whether it is the connection's own. Accounts without a profile have been seen.
 */
export const accountSchema = (token: string) =>
  z
    .object({
      id: Id,
      userName: text,
      email: text,
      firstName: text,
      lastName: text,
      profile: z.object({ id: Id.nullish() }).nullish(),
      preferences: z.object({ displayName: text, timeZone: text, language: text }).nullish(),
      resellerId: Id.nullish().catch(null),
      status: text,
      tags: z.array(Tag).nullish(),
      ssoToken: z.unknown().optional(),
    })
    .transform(({ ssoToken, ...account }) => ({ ...account, isOwn: ssoToken === token }));
export type Account = z.infer<ReturnType<typeof accountSchema>>;

export const accountListSchema = (token: string) =>
  z.object({ items: z.array(accountSchema(token)) }).transform(({ items }) => items);

/** Comes with any status, 200 among them; `code` is like an HTTP status. */
export const ErrorReply = z.object({
  error: z.union([
    z.object({ code: z.coerce.number().catch(400) }),
    z
      .string()
      .min(1)
      .transform(() => ({ code: 400 })),
  ]),
});
