import { expect, test } from 'vitest';
import { columnsOf, type Series } from '../src/components/chart-options';
import { spansSince } from '../src/components/usage-chart';

const series: Series[] = [
  { name: 'Succeeded', ink: 'data', values: [5, 0, 2] },
  { name: 'Failed', ink: 'exhausted', values: [1, 0, null] },
];

test('bars stand on one another, the tallest drawn first', () => {
  expect(columnsOf(series, 3, 'bars')).toEqual([
    [0, 1, 2],
    [6, 0, 2],
    [5, 0, 2],
  ]);
});

test('lines are as they are, with gaps', () => {
  expect(columnsOf(series, 3, 'lines')).toEqual([[0, 1, 2], [5, 0, 2], [1, 0, null]]);
});

test('every hour and day has a place, with or without a request', () => {
  expect(spansSince(new Date(2026, 10, 25, 9), 'hour', new Date(2026, 10, 25, 11, 30))).toHaveLength(3);
  expect(spansSince(new Date(2026, 1, 27), 'day', new Date(2026, 2, 2, 0, 1)).map((day) => day.getDate())).toEqual([27, 28, 1, 2]);
});
