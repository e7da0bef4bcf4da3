// Initiates the replica set once, under the name that the pod keeps, and gives the user the Secret's password: a volume
// may be older than the Secret.
const admin = db.getSiblingDB("admin");
db.getSiblingDB("local").auth({ user: "__system", pwd: fs.readFileSync("/tmp/key", "utf8"), mechanism: "SCRAM-SHA-256" });
if (!admin.hello().setName) rs.initiate({ _id: "rs0", members: [{ _id: 0, host: process.env.HOST + ":27017" }] });
while (!admin.hello().isWritablePrimary) sleep(100);
const user = { pwd: fs.readFileSync("/run/secrets/store/password", "utf8"), roles: ["readWriteAnyDatabase", "dbAdminAnyDatabase"] };
if (admin.getUser("crm")) admin.updateUser("crm", user);
else admin.createUser({ user: "crm", ...user });
