import type { Field } from '../../../src/core/field.ts';
import type { ConnectionSchema } from '../../../src/core/ports.ts';
import { CORE_GROUP, CORE_USER, ENTERPRISE_USER } from '../../../src/core/user.ts';
import { resourceSchemas } from '../../../src/scim/schema.ts';

export const CORE = CORE_USER;
export const GROUP = CORE_GROUP;
export const ENTERPRISE = ENTERPRISE_USER;
export const VENDOR = 'urn:ietf:params:scim:schemas:extension:example:2.0:User';

function field(name: string, traits: Partial<Field>): Field {
  return {
    name,
    description: `The ${name}.`,
    type: 'string',
    set: 'always',
    withoutCall: 'ignore',
    default: { from: 'none' },
    ...traits,
  };
}

export const vendorSchema: ConnectionSchema = {
  urn: VENDOR,
  vendorTitle: 'Example, Inc.',
  fields: [
    field('role', { values: ['admin', 'agent'], required: true }),
    field('seats', { type: 'integer' }),
    field('superuser', { type: 'boolean' }),
    field('teams', { type: 'list', items: 'string' }),
    field('levels', { type: 'list', items: 'integer' }),
    field('tags', { type: 'list', items: 'object', itemKeys: ['name', 'color'] }),
  ],
};

export const { user: userSchema, group: groupSchema } = resourceSchemas(vendorSchema);
