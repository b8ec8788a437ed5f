#!/bin/sh
# Run once by the postgres image on an empty volume: a role and a database for each service, closed to the others.
set -eu
for service in identity organisation recognition wallet notify gateway; do
    upper=$(echo "$service" | tr '[:lower:]' '[:upper:]')
    password=$(printenv "IMMO_POSTGRES_PASSWORD_$upper")
    psql --set ON_ERROR_STOP=1 --set name="immo_$service" --set password="$password" \
        --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name" TEMPLATE template0;
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
