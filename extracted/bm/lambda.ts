import pino from 'pino';
import { BenefitStore } from './benefit-store.ts';
import { benefitsFunction } from './benefits-function.ts';
import { openDynamo } from './benefits-table.ts';
import { readConfig } from './config.ts';

const config = readConfig(process.env);
const log = pino({ name: 'bm', level: process.env.LOG_LEVEL || 'info' }, pino.destination(2));

/** What Lambda runs, deployed as `lambda.handler`: it is made once for each environment, at the cold start. */
export const handler = benefitsFunction(
  new BenefitStore({ client: openDynamo(config), table: config.table }),
  log,
);
