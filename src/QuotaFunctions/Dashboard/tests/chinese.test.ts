import { expect, test } from 'vitest';
import { zh } from '../src/text/zh';

test('a blank sets off letters and figures, and not what is Chinese itself', () => {
  expect(zh.form.may('web shop', '5,000 token')).toBe('web shop 可使用 5,000 token');
  expect(zh.form.may(zh.form.unnamed, zh.common.requests('5'))).toBe('该密钥可使用 5 次请求');
  expect(zh.acts.toppedUp('网店', '$5.00')).toBe('已为网店追加 $5.00。');
  expect(zh.alerts.say.report('11月30日')).toBe('11月30日的报告已到期，尚未生成。');
});

test('sentences follow one another without a blank', () => {
  expect(zh.common.sentences([zh.overview.rest, zh.overview.active('19', '20')])).toBe('其余均在限额之内。20 个密钥中 19 个启用。');
});
