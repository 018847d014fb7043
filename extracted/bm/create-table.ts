import { createBenefitsTable, openDynamo } from './benefits-table.ts';
import { readConfig } from './config.ts';

// `node extracted/bm/create-table.ts`: before the first deployment. A second run changes nothing.
const config = readConfig(process.env);
const client = openDynamo(config);
await createBenefitsTable(client, config.table);
client.destroy();
