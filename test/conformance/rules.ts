import type { Rule } from './rule.ts';
import { attributeRules } from './rules/attributes.ts';
import { bulkRules } from './rules/bulk.ts';
import { discoveryRules } from './rules/discovery.ts';
import { errorRules } from './rules/errors.ts';
import { filterRules } from './rules/filters.ts';
import { listRules } from './rules/lists.ts';
import { patchRules } from './rules/patches.ts';
import { projectionRules } from './rules/projections.ts';
import { resourceRules } from './rules/resources.ts';
import { schemaRules } from './rules/schemas.ts';
import { versionRules } from './rules/versions.ts';

/** Every rule that is tested and shown, by RFC and section. */
export const rules: readonly Rule[] = [
  ...attributeRules,
  ...schemaRules,
  ...resourceRules,
  ...listRules,
  ...filterRules,
  ...projectionRules,
  ...patchRules,
  ...bulkRules,
  ...errorRules,
  ...versionRules,
  ...discoveryRules,
].sort((a, b) => a.section.localeCompare(b.section, 'en', { numeric: true }));
