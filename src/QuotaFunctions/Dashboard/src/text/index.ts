import { computed } from '@preact/signals';
import { language } from '../preferences';
import { en, type Text } from './en';
import { zh } from './zh';

/** What the page says, in the reader's language. */
export const text = computed<Text>(() => (language.value === 'zh' ? zh : en));

export type { Text };
