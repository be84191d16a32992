import { Pick, TypedFilter } from '../../components/filter';
import { text } from '../../text';

export interface Filter {
  name: string;
  tenant: string;
  status: string;
  sort: string;
}

export const noFilter: Filter = { name: '', tenant: '', status: '', sort: '' };

/** Which keys to show, and in which order. */
export function Filters({ filter, change }: { filter: Filter; change: (some: Partial<Filter>) => void }) {
  const { keys } = text.value;
  return (
    <div class="filters" role="search">
      <TypedFilter kind="search" label={keys.searchLabel} placeholder={keys.search} value={filter.name} change={(name) => change({ name })} />
      <TypedFilter kind="pick" label={keys.tenantLabel} placeholder={keys.columns.tenant} value={filter.tenant} change={(tenant) => change({ tenant })} />
      <Pick label={text.value.common.status} value={filter.status} change={(status) => change({ status })} options={Object.entries(keys.statuses)} />
      <Pick label={keys.sort} value={filter.sort} change={(sort) => change({ sort })} options={Object.entries(keys.sorts).map(([value, name]) => [value, text.value.common.pair(keys.sort, name)])} />
    </div>
  );
}
