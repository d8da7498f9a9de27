return train {}
