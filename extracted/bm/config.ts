/** Everything that the function takes from its environment, read once at a cold start. */
export interface BenefitsConfig {
  readonly table: string;
  /** Where DynamoDB is, if not where its region has it: a local one's address. */
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
}

/** @throws Error that names the variable when one is missing or wrong. */
export function readConfig(env: NodeJS.ProcessEnv): BenefitsConfig {
  const endpoint = env.BM_DYNAMODB_ENDPOINT || undefined;
  if (endpoint !== undefined && !URL.canParse(endpoint)) {
    throw new Error(
      `BM_DYNAMODB_ENDPOINT=${endpoint} is no address: write one like http://127.0.0.1:7442, or leave it out.`,
    );
  }
  const table = env.BM_TABLE || 'benefits';
  if (!/^[\w.-]{3,255}$/.test(table)) {
    throw new Error(`BM_TABLE=${table} is no name of a DynamoDB table: 3 to 255 of A-Z a-z 0-9 _ . -`);
  }
  return { table, endpoint, region: env.AWS_REGION || undefined };
}
